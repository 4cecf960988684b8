namespace NotifyHub.Console.Api;

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
