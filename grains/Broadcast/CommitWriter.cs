using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>Makes the rows of a commit: gives every draft that is stored its offset.</summary>
/// <param name="log">The log's name.</param>
/// <param name="number">Its number, if it carries channels.</param>
/// <param name="zone">Of the dates in notifications.</param>
/// <param name="time">When it is.</param>
internal sealed class CommitWriter(string log, int? number, TimeZoneInfo zone, TimeProvider time)
{
    /// <summary>Answers what is to be stored, and the messages that are not.</summary>
    public (LogAppend Append, List<Message> Unstored) Write(long head, List<PendingPublish> batch)
    {
        var at = Now();
        var offset = head;
        List<Message> messages = [], unstored = [];
        List<Retention> retentions = [];
        List<Notification> notifications = [];
        List<PublishKey> keys = [];
        List<long> retracted = [];
        foreach (var publish in batch)
        {
            publish.FirstOffset = 0;
            foreach (var draft in publish.Drafts)
            {
                if (draft.Target is { Retention: Retention.None })
                {
                    unstored.Add(Unstored(draft, at));
                    continue;
                }

                if (publish.FirstOffset == 0) publish.FirstOffset = offset + 1;
                messages.Add(Message(draft, ++offset, at, notifications));
                if (draft.Target is { } target) retentions.Add(target.Retention);
            }

            if (publish.Retraction is { } retraction)
            {
                var part = new ChannelPart(retraction.Channel, at, Retracts: retraction.Offset);
                messages.Add(new Message(++offset, [], IsNotification: false, part));
                retentions.Add(retraction.Retention);
                retracted.Add(retraction.Offset);
            }

            if (publish.Key is { } key)
                keys.Add(new PublishKey(key, publish.FirstOffset, publish.Drafts.Length, publish.RequestHash));
        }

        return (new LogAppend(messages, retentions, notifications, keys, retracted), unstored);
    }

    /// <summary>Messages of drafts none of which is stored.</summary>
    public List<Message> Unstored(Draft[] drafts)
    {
        var at = Now();
        return [.. drafts.Select(draft => Unstored(draft, at))];
    }

    private static Message Unstored(Draft draft, DateTimeOffset at) =>
        new(0, draft.Payload!, IsNotification: false, Part(draft.Target!, at));

    private Message Message(Draft draft, long offset, DateTimeOffset at, List<Notification> notifications)
    {
        var part = draft.Target is { } target ? Part(target, at) : null;
        if (draft.Fields is not { } fields) return new Message(offset, draft.Payload!, IsNotification: false, part);
        var published = Notification.AsPublished(part?.Channel ?? log, offset, fields, number ?? GrainKeys.PublicLog);
        notifications.Add(published);
        return new Message(offset, NotificationJson.Payload(published, zone), IsNotification: true, part);
    }

    private static ChannelPart Part(ChannelTarget target, DateTimeOffset at) => new(
        target.Channel, at, target.Key, Stored(target.ExpiresAt), target.Priority, target.User);

    // As the database keeps them, so that a message is the same wherever it is read.
    private DateTimeOffset Now() => Stored(time.GetUtcNow())!.Value;

    private static DateTimeOffset? Stored(DateTimeOffset? at) =>
        at is { } value ? DateTimeOffset.FromUnixTimeMilliseconds(value.ToUnixTimeMilliseconds()) : null;
}
