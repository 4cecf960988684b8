namespace NotifyHub.GrainInterfaces;

/// <summary>Messages with consecutive offsets (but for what is no longer retained, which only a read from the start can meet).</summary>
/// <param name="Epoch">The log's life: a log that was lost and begun anew has another.</param>
/// <param name="FirstRetained">The oldest offset that can still be read; <c>Head + 1</c> when there is none.</param>
/// <param name="Head">The newest durable offset at the time of the answer; 0 in an empty channel.</param>
/// <param name="Messages">In order; empty when there is nothing above the offset asked for.</param>
/// <param name="AcceptedAt">When the first of them was accepted by the gateway that took it in; null when that is no longer known.</param>
/// <param name="Traces">W3C trace contexts of the commits that they come from, where these are recorded; null without any.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.MessageBatch")]
public sealed record MessageBatch(
    [property: Id(0)] string Epoch,
    [property: Id(1)] long FirstRetained,
    [property: Id(2)] long Head,
    [property: Id(3)] Message[] Messages,
    [property: Id(4)] DateTimeOffset? AcceptedAt = null,
    [property: Id(5)] string[]? Traces = null);
