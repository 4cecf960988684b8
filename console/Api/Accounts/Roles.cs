namespace NotifyHub.Console.Api;

public static class Roles
{
    public const string Administrator = "administrator";
    public const string Operator = "operator";
    public const string Viewer = "viewer";

    public static readonly IReadOnlyList<string> All = [Administrator, Operator, Viewer];
}
