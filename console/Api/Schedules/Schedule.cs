namespace NotifyHub.Console.Api;

/// <summary>A notification that is sent once at a given time, or repeatedly.</summary>
public sealed record Schedule
{
    public long Id { get; init; }

    public string Name { get; init; } = "";

    public NotificationDraft? Notification { get; init; }

    /// <summary>once or cron.</summary>
    public string Kind { get; init; } = ScheduleKind.Once;

    public DateTimeOffset? At { get; init; }

    public string? Cron { get; init; }

    public string? TimeZone { get; init; }

    /// <summary>What to do about missed runs: skip or catch_up.</summary>
    public string Missed { get; init; } = "skip";

    /// <summary>active, paused or finished.</summary>
    public string Status { get; init; } = "";

    public DateTimeOffset? NextRunAt { get; init; }

    public DateTimeOffset? LastRunAt { get; init; }

    public string? LastRunStatus { get; init; }

    public string? CreatedBy { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}
