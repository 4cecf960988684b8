namespace NotifyHub.Console.Api;

public static class KeyScopes
{
    public static readonly IReadOnlyList<string> All = ["publish", "read"];
}
