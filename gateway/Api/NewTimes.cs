using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <summary>The body of <c>POST /api/schedules/preview</c>.</summary>
public sealed record NewTimes(
    [property: AllowedValues("once", "cron")] string Kind,
    DateTime? At = null,
    [property: StringLength(ScheduleRules.CronLength)] string? Cron = null,
    [property: JsonPropertyName("time_zone"), StringLength(ScheduleRules.ZoneLength)] string? TimeZone = null);
