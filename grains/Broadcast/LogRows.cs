using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Broadcast;

/// <summary>What a commit of a log writes, by tables and columns.</summary>
internal static class LogRows
{
    public static GuardedRows Messages(IReadOnlyList<Message> messages, long now) => new(
        "message",
        "log_id",
        [("created_at", now)],
        [
            ("\"offset\"", Column(messages, message => message.Offset)),
            ("is_notification", Column(messages, message => message.IsNotification)),
            ("payload", Column(messages, message => message.Payload)),
        ]);

    /// <param name="retentions">One per message.</param>
    /// <param name="buckets">Where messages go at the moment.</param>
    public static GuardedRows ChannelMessages(
        IReadOnlyList<Message> messages, IReadOnlyList<Retention> retentions, CurrentBuckets buckets)
    {
        var rows = new long[messages.Count];
        for (var row = 0; row < rows.Length; row++) rows[row] = buckets.Of(retentions[row]);
        return new GuardedRows(
            "channel_message",
            "log_id",
            [("created_at", messages[0].Part!.At.ToStored())],
            [
                ("\"offset\"", Column(messages, message => message.Offset)),
                ("bucket", rows),
                ("channel", Column(messages, message => message.Part!.Channel)),
                ("expires_at", Column(messages, message => message.Part!.ExpiresAt?.ToStored())),
                ("key", Column(messages, message => message.Part!.Key)),
                ("priority", Column(messages, message => message.Part!.Priority)),
                ("user_name", Column(messages, message => message.Part!.User)),
                ("retracts", Column(messages, message => message.Part!.Retracts)),
                ("is_notification", Column(messages, message => message.IsNotification)),
                ("payload", Column(messages, message => message.Payload)),
            ]);
    }

    public static GuardedRows Notifications(IReadOnlyList<Notification> notifications) => new(
        "notification",
        null,
        [],
        [
            ("id", Column(notifications, notification => notification.Id)),
            ("channel", Column(notifications, notification => notification.Channel)),
            ("\"offset\"", Column(notifications, notification => notification.Offset)),
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
        "log_id",
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
