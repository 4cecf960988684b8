using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Broadcast;

/// <summary>What a commit of a channel writes, by tables and columns.</summary>
internal static class LogRows
{
    public static GuardedRows Messages(IReadOnlyList<Message> messages, long now) => new(
        "message",
        "channel_id",
        [("created_at", now)],
        [
            ("\"offset\"", Column(messages, message => message.Offset)),
            ("is_notification", Column(messages, message => message.IsNotification)),
            ("payload", Column(messages, message => message.Payload)),
        ]);

    public static GuardedRows Notifications(string channel, IReadOnlyList<Notification> notifications) => new(
        "notification",
        null,
        [("channel", channel)],
        [
            ("id", Column(notifications, notification => notification.Id)),
            ("type", Column(notifications, notification => notification.Draft.Type)),
            ("title", Column(notifications, notification => notification.Draft.Title)),
            ("message", Column(notifications, notification => notification.Draft.Message)),
            ("severity", Column(notifications, notification => notification.Draft.Severity)),
            ("priority", Column(notifications, notification => notification.Draft.Priority)),
            ("icon", Column(notifications, notification => notification.Draft.Icon)),
            ("action_url", Column(notifications, notification => notification.Draft.ActionUrl)),
            ("repo", Column(notifications, notification => notification.Draft.Repo)),
            ("branch", Column(notifications, notification => notification.Draft.Branch)),
            ("commit_sha", Column(notifications, notification => notification.Draft.CommitSha)),
            ("metadata", Column(notifications, notification => notification.Draft.MetadataJson)),
            ("status", Column(notifications, notification => notification.Status)),
            ("created_at", Column(notifications, notification => notification.Draft.CreatedAt.ToStored())),
            ("updated_at", Column(notifications, notification => notification.UpdatedAt.ToStored())),
            ("delivered_at", Column(notifications, notification => notification.DeliveredAt?.ToStored())),
            ("read_at", Column(notifications, notification => notification.ReadAt?.ToStored())),
        ]);

    public static GuardedRows Keys(IReadOnlyList<PublishKey> keys, long now) => new(
        "publish_key",
        "channel_id",
        [("created_at", now)],
        [
            ("key", Column(keys, key => key.Key)),
            ("first_offset", Column(keys, key => key.FirstOffset)),
            ("count", Column(keys, key => (long)key.Count)),
            ("request_hash", Column(keys, key => key.RequestHash)),
        ]);

    private static TValue[] Column<TRow, TValue>(IReadOnlyList<TRow> rows, Func<TRow, TValue> value)
    {
        var column = new TValue[rows.Count];
        for (var row = 0; row < column.Length; row++) column[row] = value(rows[row]);
        return column;
    }
}
