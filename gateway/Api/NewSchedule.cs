using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <summary>The body of <c>POST /api/schedules</c> and <c>PUT /api/schedules/{id}</c>. <see cref="ScheduleRules"/> reads
/// it.</summary>
/// <param name="At">Required when kind is once.</param>
/// <param name="Cron">Five fields; required when kind is cron.</param>
/// <param name="TimeZone">IANA name; required when kind is cron.</param>
public sealed record NewSchedule(
    [property: StringLength(ScheduleRules.NameLength, MinimumLength = 1)] string Name,
    NewNotification Notification,
    [property: AllowedValues("once", "cron")] string Kind,
    DateTime? At = null,
    [property: StringLength(ScheduleRules.CronLength)] string? Cron = null,
    [property: JsonPropertyName("time_zone"), StringLength(ScheduleRules.ZoneLength)] string? TimeZone = null,
    [property: AllowedValues("skip", "catch_up")] string? Missed = "skip");
