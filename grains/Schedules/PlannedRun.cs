
namespace NotifyHub.Grains.Schedules;

public sealed record PlannedRun(DateTimeOffset ScheduledFor, string Cause, string Status);
