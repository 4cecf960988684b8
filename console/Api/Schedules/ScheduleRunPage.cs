namespace NotifyHub.Console.Api;

public sealed record ScheduleRunPage(IReadOnlyList<ScheduleRun> Runs, long Total);
