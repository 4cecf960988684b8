using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>A schedule as callers see it. Times are RFC 3339, UTC.</summary>
public sealed record ScheduleView(
    long Id,
    string Name,
    NewNotification Notification,
    [property: AllowedValues("once", "cron")] string Kind,
    DateTime? At,
    string? Cron,
    [property: JsonPropertyName("time_zone")] string? TimeZone,
    [property: AllowedValues("skip", "catch_up")] string Missed,
    [property: AllowedValues("active", "paused", "finished")] string Status,
    [property: JsonPropertyName("next_run_at")] DateTime? NextRunAt,
    [property: JsonPropertyName("last_run_at")] DateTime? LastRunAt,
    [property: JsonPropertyName("last_run_status"), AllowedValues("sent", "skipped", "failed")]
    string? LastRunStatus,
    [property: JsonPropertyName("created_by")] string CreatedBy,
    [property: JsonPropertyName("created_at")] DateTime CreatedAt,
    [property: JsonPropertyName("updated_at")] DateTime UpdatedAt) : IMade
{
    public static ScheduleView Of(Schedule schedule)
    {
        var (draft, content) = (schedule.Draft, schedule.Draft.Notification);
        return new(
            schedule.Id,
            draft.Name,
            new NewNotification(
                content.Title, content.Message, content.Type, content.Severity, content.Priority, content.Icon, content.ActionUrl,
                content.Repo, content.Branch, content.CommitSha,
                content.MetadataJson is { } metadata ? JsonElement.Parse(metadata) : null),
            draft.Kind,
            draft.At?.UtcDateTime,
            draft.Cron,
            draft.TimeZone,
            draft.Missed,
            schedule.Status,
            schedule.NextRunAt?.UtcDateTime,
            schedule.LastRunAt?.UtcDateTime,
            schedule.LastRunStatus,
            schedule.CreatedBy,
            schedule.CreatedAt.UtcDateTime,
            schedule.UpdatedAt.UtcDateTime);
    }
}
