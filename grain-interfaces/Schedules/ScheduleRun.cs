namespace NotifyHub.GrainInterfaces;

/// <summary>One run of a schedule.</summary>
/// <param name="ScheduledFor">UTC of when it was due.</param>
/// <param name="StartedAt">UTC of when it was taken up, or found to be missed.</param>
/// <param name="Cause">One of <see cref="RunCause"/>.</param>
/// <param name="Status">One of <see cref="RunStatus"/>.</param>
/// <param name="NotificationId">What was published, which is also its offset.</param>
/// <param name="Error">Why it failed.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ScheduleRun")]
public sealed record ScheduleRun(
    [property: Id(0)] long Id,
    [property: Id(1)] long ScheduleId,
    [property: Id(2)] DateTimeOffset ScheduledFor,
    [property: Id(3)] DateTimeOffset StartedAt,
    [property: Id(4)] string Cause,
    [property: Id(5)] string Status,
    [property: Id(6)] long? NotificationId,
    [property: Id(7)] string? Error);
