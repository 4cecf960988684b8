namespace NotifyHub.Gateway.Channels;

/// <summary>Something to publish to a channel, as whoever accepted it has checked it.</summary>
/// <param name="Channel">A valid name, <c>all</c> too; that one has neither key nor end.</param>
/// <param name="Data">One JSON object, UTF-8.</param>
/// <param name="Key">A newer message with the same key and channel replaces it for whoever comes later.</param>
/// <param name="ExpiresAt">UTC; from then on it counts as not retained.</param>
/// <param name="Priority">One of <see cref="GrainInterfaces.Priority"/>; null: not given.</param>
/// <param name="User">The user who publishes it by a socket.</param>
public sealed record ChannelMessage(
    string Channel,
    byte[] Data,
    string? Key = null,
    DateTimeOffset? ExpiresAt = null,
    string? Priority = null,
    string? User = null);
