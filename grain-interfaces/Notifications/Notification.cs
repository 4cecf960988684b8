namespace NotifyHub.GrainInterfaces;

/// <summary>A published notification: its draft, its place in a channel, and what has happened to it since.</summary>
/// <param name="Id">Its offset in its channel.</param>
/// <param name="Draft">What was published.</param>
/// <param name="Status">One of <see cref="NotificationStatus"/>.</param>
/// <param name="UpdatedAt">UTC of the last change of status.</param>
/// <param name="DeliveredAt">UTC of when the grid learned that a first client had been sent it.</param>
/// <param name="ReadAt">UTC of the change to <c>read</c>.</param>
/// <param name="Deliveries">How often it was sent to a client, in the whole grid; null where that is not included: in what goes
/// out to the clients, and from a silo of a version without counts.</param>
/// <param name="Channel">The channel it was published on; together with <paramref name="Id"/> it names the notification.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.Notification")]
public sealed record Notification(
    [property: Id(0)] long Id,
    [property: Id(1)] NotificationDraft Draft,
    [property: Id(2)] string Status,
    [property: Id(3)] DateTimeOffset UpdatedAt,
    [property: Id(4)] DateTimeOffset? DeliveredAt,
    [property: Id(5)] DateTimeOffset? ReadAt,
    [property: Id(6)] long? Deliveries = null,
    [property: Id(7)] string Channel = GrainKeys.PublicChannel)
{
    /// <summary>The notification at the moment of its publication: what the log keeps and what a retry is answered.</summary>
    public static Notification AsPublished(string channel, long offset, NotificationDraft draft) =>
        new(offset, draft, NotificationStatus.Pending, draft.CreatedAt, null, null, Channel: channel);
}
