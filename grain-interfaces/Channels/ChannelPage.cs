namespace NotifyHub.GrainInterfaces;

/// <summary>A page of one channel's history.</summary>
/// <param name="Epoch">The log's epoch.</param>
/// <param name="Messages">Ascending; retained ones only, without retractions.</param>
/// <param name="HasMore">Older ones are retained.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ChannelPage")]
public sealed record ChannelPage(
    [property: Id(0)] string Epoch,
    [property: Id(1)] Message[] Messages,
    [property: Id(2)] bool HasMore);
