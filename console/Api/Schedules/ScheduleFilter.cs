namespace NotifyHub.Console.Api;

public sealed record ScheduleFilter(string? Status = null, string? Search = null);
