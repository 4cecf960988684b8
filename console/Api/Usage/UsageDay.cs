namespace NotifyHub.Console.Api;

public sealed record UsageDay(string Date, long Requests, long Errors, double AvgMs);
