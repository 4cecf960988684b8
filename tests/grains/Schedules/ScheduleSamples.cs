using NotifyHub.GrainInterfaces;

namespace NotifyHub.GrainTests.Schedules;

internal static class ScheduleSamples
{
    public static readonly NotificationDraft Content = new(
        "windows", "標題", "message", "info", "normal", null, null, null, null, null, """{"n":1.0}""", DateTimeOffset.UnixEpoch);

    public static ScheduleDraft Once(DateTimeOffset at, string missed = MissedRuns.Skip, string name = "once") =>
        new(name, Content, ScheduleKind.Once, at, null, null, missed);

    public static ScheduleDraft Cron(string cron, string missed = MissedRuns.Skip, string zone = "UTC") =>
        new("cron", Content, ScheduleKind.Cron, null, cron, zone, missed);
}
