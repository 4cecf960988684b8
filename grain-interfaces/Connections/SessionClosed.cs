namespace NotifyHub.GrainInterfaces;

/// <param name="Counters">The final counters.</param>
/// <param name="Abnormal">It ended by a protocol error, an oversized frame, a reset, or was evicted as too slow.</param>
/// <param name="Reason">Why it ended, for operators.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.SessionClosed")]
public sealed record SessionClosed(
    [property: Id(0)] LiveCounters Counters,
    [property: Id(1)] DateTimeOffset DisconnectedAt,
    [property: Id(2)] bool Abnormal,
    [property: Id(3)] string Reason);
