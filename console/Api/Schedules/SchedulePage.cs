namespace NotifyHub.Console.Api;

public sealed record SchedulePage(IReadOnlyList<Schedule> Schedules, long Total);
