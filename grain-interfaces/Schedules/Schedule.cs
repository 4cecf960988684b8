namespace NotifyHub.GrainInterfaces;

/// <summary>A notification to be sent at a time, or at times, as somebody asks for it. Fields are validated by the gateway.</summary>
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

/// <summary>A stored schedule.</summary>
/// <param name="Status">One of <see cref="ScheduleStatus"/>.</param>
/// <param name="NextRunAt">UTC; null unless active.</param>
/// <param name="LastRunAt">UTC of when the last run was carried out or skipped.</param>
/// <param name="LastRunStatus">One of <see cref="RunStatus"/>.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.Schedule")]
public sealed record Schedule(
    [property: Id(0)] long Id,
    [property: Id(1)] ScheduleDraft Draft,
    [property: Id(2)] string Status,
    [property: Id(3)] DateTimeOffset? NextRunAt,
    [property: Id(4)] DateTimeOffset? LastRunAt,
    [property: Id(5)] string? LastRunStatus,
    [property: Id(6)] string CreatedBy,
    [property: Id(7)] DateTimeOffset CreatedAt,
    [property: Id(8)] DateTimeOffset UpdatedAt);

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

public static class ScheduleKind
{
    public const string Once = "once";
    public const string Cron = "cron";

    public static readonly IReadOnlyList<string> All = [Once, Cron];
}

public static class ScheduleStatus
{
    public const string Active = "active";
    public const string Paused = "paused";

    /// <summary>Will not run any more.</summary>
    public const string Finished = "finished";

    public static readonly IReadOnlyList<string> All = [Active, Paused, Finished];
}

/// <summary>What becomes of runs whose time passed while the grid was away.</summary>
public static class MissedRuns
{
    /// <summary>Recorded, and not sent.</summary>
    public const string Skip = "skip";

    /// <summary>Each is sent once, when the grid is back.</summary>
    public const string CatchUp = "catch_up";

    public static readonly IReadOnlyList<string> All = [Skip, CatchUp];
}

/// <summary>Why a run was due.</summary>
public static class RunCause
{
    public const string Schedule = "schedule";
    public const string CatchUp = "catch_up";
    public const string Manual = "manual";
}

public static class RunStatus
{
    /// <summary>Under way: it is not listed before its outcome is known.</summary>
    public const string Started = "started";
    public const string Sent = "sent";
    public const string Skipped = "skipped";
    public const string Failed = "failed";
}
