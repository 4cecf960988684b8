namespace NotifyHub.GrainInterfaces;

/// <summary>A piece of a log. It covers the offsets above <paramref name="From"/> up to <paramref name="To"/>: what is not
/// among the messages is no longer retained, or was never stored.</summary>
/// <param name="Epoch">The log's epoch: a log that was lost and restarted has another.</param>
/// <param name="FirstRetained">The oldest offset that can still be read; <c>Head + 1</c> when there is none.</param>
/// <param name="Head">The newest durable offset at the time of the answer; 0 in an empty channel.</param>
/// <param name="Messages">In order; empty when there is nothing above the offset asked for.</param>
/// <param name="AcceptedAt">When a gateway accepted the first of them; null when that is no longer known.</param>
/// <param name="From">The last offset before what it covers.</param>
/// <param name="To">The last offset that it covers.</param>
/// <param name="Log">The log: 0 for <c>all</c>.</param>
/// <param name="Traces">W3C trace contexts of the recorded commits that they come from; null without any.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.MessageBatch")]
public sealed record MessageBatch(
    [property: Id(0)] string Epoch,
    [property: Id(1)] long FirstRetained,
    [property: Id(2)] long Head,
    [property: Id(3)] Message[] Messages,
    [property: Id(4)] DateTimeOffset? AcceptedAt = null,
    [property: Id(5)] string[]? Traces = null,
    [property: Id(6)] long From = 0,
    [property: Id(7)] long To = 0,
    [property: Id(8)] int Log = GrainKeys.PublicLog);
