using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Schedules;

/// <summary>A claimed run and what it is to publish.</summary>
public sealed record OpenRun(ScheduleRun Run, NotificationDraft Notification)
{
    /// <summary>The idempotency key that it is published under, however often it is tried.</summary>
    public string Key => Run.Cause == RunCause.Manual
        ? $"schedule/{Run.ScheduleId}/manual/{Run.Id}"
        : $"schedule/{Run.ScheduleId}/{Run.ScheduledFor.ToUnixTimeMilliseconds()}";
}
