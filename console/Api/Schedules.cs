using System.Text.Json.Serialization;

namespace NotifyHub.Console.Api;

/// <summary>A notification that is sent at a time, or at times.</summary>
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

    /// <summary>What happens to runs that were missed: skip or catch_up.</summary>
    public string Missed { get; init; } = "skip";

    /// <summary>active, paused or finished.</summary>
    public string Status { get; init; } = "";

    public DateTimeOffset? NextRunAt { get; init; }

    public DateTimeOffset? LastRunAt { get; init; }

    public string? LastRunStatus { get; init; }

    public string? CreatedBy { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}

public sealed record SchedulePage(IReadOnlyList<Schedule> Schedules, long Total);

/// <summary>A schedule to make, or what an existing one is to become.</summary>
public sealed record ScheduleDraft
{
    public required string Name { get; init; }

    public required NotificationDraft Notification { get; init; }

    public required string Kind { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? At { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cron { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TimeZone { get; init; }

    public required string Missed { get; init; }
}

/// <summary>The times that are asked about.</summary>
public sealed record SchedulePreview
{
    public required string Kind { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? At { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cron { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TimeZone { get; init; }
}

public sealed record NextRuns([property: JsonPropertyName("next_runs")] IReadOnlyList<DateTimeOffset> Times);

/// <param name="Trigger">schedule, catch_up or manual.</param>
/// <param name="Status">sent, skipped or failed.</param>
public sealed record ScheduleRun(
    long Id,
    DateTimeOffset ScheduledFor,
    DateTimeOffset? StartedAt,
    string Trigger,
    string Status,
    long? NotificationId,
    string? Error);

public sealed record ScheduleRunPage(IReadOnlyList<ScheduleRun> Runs, long Total);

public sealed record ScheduleFilter(string? Status = null, string? Search = null);

public static class ScheduleKind
{
    public const string Once = "once";
    public const string Cron = "cron";
}

public static class ScheduleStatus
{
    public const string Active = "active";
    public const string Paused = "paused";
    public const string Finished = "finished";

    public static readonly IReadOnlyList<string> All = [Active, Paused, Finished];
}
