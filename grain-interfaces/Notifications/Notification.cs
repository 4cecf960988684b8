namespace NotifyHub.GrainInterfaces;

/// <summary>A published notification: its draft, its place in a channel, and what has happened to it since.</summary>
/// <param name="Id">One number for all channels; see <see cref="IdOf"/>.</param>
/// <param name="Draft">What was published.</param>
/// <param name="Status">One of <see cref="NotificationStatus"/>.</param>
/// <param name="UpdatedAt">UTC of the last change of status.</param>
/// <param name="DeliveredAt">UTC of when the grid learned that a first client had been sent it.</param>
/// <param name="ReadAt">UTC of the change to <c>read</c>.</param>
/// <param name="Deliveries">How often it was sent to a client, in the whole grid; null where that is not included: in what goes
/// out to the clients, and from a silo of a version without counts.</param>
/// <param name="Channel">The channel it was published on.</param>
/// <param name="Offset">Its offset there.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.Notification")]
public sealed record Notification(
    [property: Id(0)] long Id,
    [property: Id(1)] NotificationDraft Draft,
    [property: Id(2)] string Status,
    [property: Id(3)] DateTimeOffset UpdatedAt,
    [property: Id(4)] DateTimeOffset? DeliveredAt,
    [property: Id(5)] DateTimeOffset? ReadAt,
    [property: Id(6)] long? Deliveries = null,
    [property: Id(7)] string Channel = GrainKeys.PublicChannel,
    [property: Id(8)] long Offset = 0)
{
    /// <summary>Ids from here on belong to channels other than <c>all</c>. JavaScript's numbers are exact for 8 times as
    /// much.</summary>
    public const long FirstChannelId = 1L << 50;

    // More than there can be logs.
    private const int LogNumbers = 64;

    /// <summary>The notification at the moment of its publication: what the log keeps and what a retry is answered.</summary>
    public static Notification AsPublished(
        string channel, long offset, NotificationDraft draft, int log = GrainKeys.PublicLog) =>
        new(IdOf(log, offset), draft, NotificationStatus.Pending, draft.CreatedAt, null, null, Channel: channel, Offset: offset);

    /// <summary>In <c>all</c> the offset; elsewhere the offset with the log's number, above all ids of <c>all</c>. Neither
    /// needs a counter that the logs would have to share.</summary>
    public static long IdOf(int log, long offset) =>
        log == GrainKeys.PublicLog ? offset : FirstChannelId + (offset * LogNumbers) + log;
}
