namespace NotifyHub.Grains.Broadcast;

/// <summary>What is remembered of a group commit as long as its messages are recent.</summary>
/// <param name="AcceptedAt">When the first of its messages was accepted.</param>
/// <param name="Trace">Its span, when it is recorded.</param>
internal sealed record Commit(DateTimeOffset AcceptedAt, string? Trace);
