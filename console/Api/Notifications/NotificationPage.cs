namespace NotifyHub.Console.Api;

public sealed record NotificationPage(IReadOnlyList<Notification> Notifications, long Total, bool Truncated = false);
