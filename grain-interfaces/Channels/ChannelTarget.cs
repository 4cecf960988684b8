namespace NotifyHub.GrainInterfaces;

/// <summary>Where a draft goes, other than to <c>all</c>, and the options that its channel's namespace has at the gateway that
/// accepted it.</summary>
/// <param name="Channel">A valid name other than <c>all</c>.</param>
/// <param name="Retention">How long it is kept.</param>
/// <param name="Key">A newer message with the same key and channel replaces it for whoever comes later.</param>
/// <param name="ExpiresAt">UTC; from then on it counts as not retained.</param>
/// <param name="Priority">One of <see cref="GrainInterfaces.Priority"/>; null: not given.</param>
/// <param name="User">The user who published it by a socket.</param>
/// <param name="MaxPerSecond">Publishes per second that the channel takes; null: no limit.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ChannelTarget")]
public sealed record ChannelTarget(
    [property: Id(0)] string Channel,
    [property: Id(1)] Retention Retention,
    [property: Id(2)] string? Key = null,
    [property: Id(3)] DateTimeOffset? ExpiresAt = null,
    [property: Id(4)] string? Priority = null,
    [property: Id(5)] string? User = null,
    [property: Id(6)] int? MaxPerSecond = null);
