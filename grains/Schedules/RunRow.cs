using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Schedules;

/// <summary>A row of the table <c>schedule_run</c>.</summary>
internal sealed class RunRow
{
    public const string Columns =
        """
        id AS Id, schedule_id AS ScheduleId, scheduled_for AS ScheduledFor, started_at AS StartedAt, cause AS Cause,
        status AS Status, notification_id AS NotificationId, error AS Error
        """;

    public long Id { get; init; }
    public long ScheduleId { get; init; }
    public long ScheduledFor { get; init; }
    public long StartedAt { get; init; }
    public string Cause { get; init; } = "";
    public string Status { get; init; } = "";
    public long? NotificationId { get; init; }
    public string? Error { get; init; }

    public ScheduleRun ToRun() => new(
        Id, ScheduleId, StoredTime.Of(ScheduledFor), StoredTime.Of(StartedAt), Cause, Status, NotificationId, Error);
}
