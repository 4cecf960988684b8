namespace NotifyHub.GrainInterfaces;

/// <summary>A notification to be sent once or repeatedly at set times, as requested. The gateway validates the fields.</summary>
/// <param name="Name">1–100 characters.</param>
/// <param name="Notification">What is sent; its time of creation is that of the run.</param>
/// <param name="Kind">One of <see cref="ScheduleKind"/>.</param>
/// <param name="At">When to run; only of kind once.</param>
/// <param name="Cron">Five fields; only of kind cron.</param>
/// <param name="TimeZone">IANA name; required with <paramref name="Cron"/>.</param>
/// <param name="Missed">One of <see cref="MissedRuns"/>.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ScheduleDraft")]
public sealed record ScheduleDraft(
    [property: Id(0)] string Name,
    [property: Id(1)] NotificationDraft Notification,
    [property: Id(2)] string Kind,
    [property: Id(3)] DateTimeOffset? At,
    [property: Id(4)] string? Cron,
    [property: Id(5)] string? TimeZone,
    [property: Id(6)] string Missed);
