using System.Text.Json;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Schedules;

/// <summary>A row of the table <c>schedule</c>.</summary>
internal sealed class ScheduleRow
{
    public const string Columns =
        """
        id AS Id, name AS Name, notification AS Notification, kind AS Kind, at AS At, cron AS Cron, time_zone AS TimeZone,
        missed AS Missed, status AS Status, next_run_at AS NextRunAt, last_run_at AS LastRunAt,
        last_run_status AS LastRunStatus, created_by AS CreatedBy, created_at AS CreatedAt, updated_at AS UpdatedAt
        """;

    public long Id { get; init; }
    public string Name { get; init; } = "";
    public string Notification { get; init; } = "";
    public string Kind { get; init; } = "";
    public long? At { get; init; }
    public string? Cron { get; init; }
    public string? TimeZone { get; init; }
    public string Missed { get; init; } = "";
    public string Status { get; init; } = "";
    public long? NextRunAt { get; init; }
    public long? LastRunAt { get; init; }
    public string? LastRunStatus { get; init; }
    public string CreatedBy { get; init; } = "";
    public long CreatedAt { get; init; }
    public long UpdatedAt { get; init; }

    public static string ToJson(NotificationDraft notification) =>
        JsonSerializer.Serialize(notification, ScheduleJson.Default.NotificationDraft);

    public Schedule ToSchedule() => new(
        Id,
        new ScheduleDraft(
            Name, JsonSerializer.Deserialize(Notification, ScheduleJson.Default.NotificationDraft)!, Kind, StoredTime.Of(At),
            Cron, TimeZone, Missed),
        Status,
        StoredTime.Of(NextRunAt),
        StoredTime.Of(LastRunAt),
        LastRunStatus,
        CreatedBy,
        StoredTime.Of(CreatedAt),
        StoredTime.Of(UpdatedAt));
}
