using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>Consecutive messages.</summary>
/// <param name="AcceptedAt">When the first of them was accepted; null when that is no longer known.</param>
/// <param name="Traces">The recorded commits that they come from; null without any.</param>
internal readonly record struct RecentBatch(Message[] Messages, DateTimeOffset? AcceptedAt = null, string[]? Traces = null)
{
    public static readonly RecentBatch Empty = new([]);
}
