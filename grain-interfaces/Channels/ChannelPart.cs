namespace NotifyHub.GrainInterfaces;

/// <summary>What a message of a channel other than <c>all</c> has beside its payload.</summary>
/// <param name="Channel">The channel's name.</param>
/// <param name="At">When it was committed, or taken where nothing is stored. UTC.</param>
/// <param name="Key">See <see cref="ChannelTarget"/>.</param>
/// <param name="ExpiresAt">See <see cref="ChannelTarget"/>.</param>
/// <param name="Priority">See <see cref="ChannelTarget"/>.</param>
/// <param name="User">See <see cref="ChannelTarget"/>.</param>
/// <param name="Retracts">The offset of the message of this channel that this one takes back; it has no payload then.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ChannelPart")]
public sealed record ChannelPart(
    [property: Id(0)] string Channel,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] string? Key = null,
    [property: Id(3)] DateTimeOffset? ExpiresAt = null,
    [property: Id(4)] string? Priority = null,
    [property: Id(5)] string? User = null,
    [property: Id(6)] long? Retracts = null);
