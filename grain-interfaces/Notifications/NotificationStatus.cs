namespace NotifyHub.GrainInterfaces;

/// <summary>The life of a notification.</summary>
public static class NotificationStatus
{
    /// <summary>Durable, but no client was connected anywhere when it was handed out.</summary>
    public const string Pending = "pending";
    public const string Delivered = "delivered";
    public const string Read = "read";
    public const string Dismissed = "dismissed";
    public const string Expired = "expired";

    public static readonly IReadOnlyList<string> All = [Pending, Delivered, Read, Dismissed, Expired];
}
