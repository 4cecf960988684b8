namespace NotifyHub.GrainInterfaces;

public static class ScheduleKind
{
    public const string Once = "once";
    public const string Cron = "cron";

    public static readonly IReadOnlyList<string> All = [Once, Cron];
}
