namespace NotifyHub.GrainInterfaces;

/// <summary>Messages with consecutive offsets, except that a read from the start skips what is no longer retained.</summary>
/// <param name="Epoch">The log's epoch: a log that was lost and restarted has another.</param>
/// <param name="FirstRetained">The oldest offset that can still be read; <c>Head + 1</c> when there is none.</param>
/// <param name="Head">The newest durable offset at the time of the answer; 0 in an empty channel.</param>
/// <param name="Messages">In order; empty when there is nothing above the offset asked for.</param>
/// <param name="AcceptedAt">When a gateway accepted the first of them; null when that is no longer known.</param>
/// <param name="Traces">W3C trace contexts of the recorded commits that they come from; null without any.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.MessageBatch")]
public sealed record MessageBatch(
    [property: Id(0)] string Epoch,
    [property: Id(1)] long FirstRetained,
    [property: Id(2)] long Head,
    [property: Id(3)] Message[] Messages,
    [property: Id(4)] DateTimeOffset? AcceptedAt = null,
    [property: Id(5)] string[]? Traces = null);
