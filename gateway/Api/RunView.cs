using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>A run as callers see it. Times are RFC 3339, UTC.</summary>
/// <param name="Trigger">schedule, catch_up or manual.</param>
/// <param name="Status">sent, skipped or failed.</param>
public sealed record RunView(
    long Id,
    [property: JsonPropertyName("schedule_id")] long ScheduleId,
    [property: JsonPropertyName("scheduled_for")] DateTime ScheduledFor,
    [property: JsonPropertyName("started_at")] DateTime StartedAt,
    [property: AllowedValues("schedule", "catch_up", "manual")] string Trigger,
    [property: AllowedValues("started", "sent", "skipped", "failed")] string Status,
    [property: JsonPropertyName("notification_id")] long? NotificationId,
    long? Offset,
    string? Error)
{
    public static RunView Of(ScheduleRun run) => new(
        run.Id, run.ScheduleId, run.ScheduledFor.UtcDateTime, run.StartedAt.UtcDateTime, run.Cause, run.Status,
        run.NotificationId, run.NotificationId, run.Error);
}
