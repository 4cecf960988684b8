namespace NotifyHub.GrainInterfaces;

/// <summary>What a reader wants of one channel, or of all channels of the log that a pattern covers.</summary>
/// <param name="Name">A name, or a pattern.</param>
/// <param name="After">The last offset that the reader has; 0: everything.</param>
/// <param name="HistoryLimit">At most the newest so many of each channel; null: no limit.</param>
/// <param name="Retention">The class that its messages are kept in, for <see cref="ChannelMessages.DroppedTo"/>.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ChannelRange")]
public sealed record ChannelRange(
    [property: Id(0)] string Name,
    [property: Id(1)] long After,
    [property: Id(2)] int? HistoryLimit,
    [property: Id(3)] Retention Retention);
