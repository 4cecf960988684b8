namespace NotifyHub.Console.Api;

public static class NotificationStatus
{
    public const string Pending = "pending";
    public const string Delivered = "delivered";
    public const string Read = "read";
    public const string Dismissed = "dismissed";
    public const string Expired = "expired";

    public static readonly IReadOnlyList<string> All = [Pending, Delivered, Read, Dismissed, Expired];
}
