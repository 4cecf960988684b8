namespace NotifyHub.Console.Api;

public static class ScheduleKind
{
    public const string Once = "once";
    public const string Cron = "cron";
}
