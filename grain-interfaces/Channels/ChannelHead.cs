namespace NotifyHub.GrainInterfaces;

/// <summary>Where a channel stands.</summary>
/// <param name="Epoch">The log's epoch.</param>
/// <param name="FirstRetained">The oldest offset that can still be read; <c>Head + 1</c> when there is none.</param>
/// <param name="Head">The newest durable offset; 0 in an empty channel.</param>
/// <param name="EpochStart">The newest offset when the epoch began: what is above was published in it. Null when that is not
/// known.</param>
/// <param name="Logs">How many logs carry the channels other than <c>all</c>; fixed when the database was made.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ChannelHead")]
public sealed record ChannelHead(
    [property: Id(0)] string Epoch,
    [property: Id(1)] long FirstRetained,
    [property: Id(2)] long Head,
    [property: Id(3)] long? EpochStart = null,
    [property: Id(4)] int Logs = 0);
