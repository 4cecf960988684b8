namespace NotifyHub.Console.Api;

public static class NotificationSeverity
{
    public static readonly IReadOnlyList<string> All = ["info", "success", "warning", "error", "critical"];
}
