namespace NotifyHub.Console.Api;

public static class ScheduleStatus
{
    public const string Active = "active";
    public const string Paused = "paused";
    public const string Finished = "finished";

    public static readonly IReadOnlyList<string> All = [Active, Paused, Finished];
}
