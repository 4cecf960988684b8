namespace NotifyHub.GrainInterfaces;

/// <summary>Retained messages of some channels of one log, ascending. Replaced, expired and retracted ones are not
/// among them; retractions are.</summary>
/// <param name="Epoch">The log's epoch.</param>
/// <param name="To">The answer is complete up to this offset, for each channel from its <see cref="ChannelRange.After"/>; below
/// <paramref name="Head"/> when the answer was full: read on from here.</param>
/// <param name="Head">The newest durable offset of the log.</param>
/// <param name="Messages">In order of their offsets.</param>
/// <param name="DroppedTo">For each range: messages above its <see cref="ChannelRange.After"/> and up to this offset may
/// have been there and are no longer retained, by age or by the history limit; 0 when there were none.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ChannelMessages")]
public sealed record ChannelMessages(
    [property: Id(0)] string Epoch,
    [property: Id(1)] long To,
    [property: Id(2)] long Head,
    [property: Id(3)] Message[] Messages,
    [property: Id(4)] long[] DroppedTo);
