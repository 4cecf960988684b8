namespace NotifyHub.Console.Api;

public static class NotificationPriority
{
    public static readonly IReadOnlyList<string> All = ["low", "normal", "high"];
}
