namespace NotifyHub.Console.Api;

public sealed record UsageEndpoint(string Method, string Route, long Requests, long Errors, double AvgMs, double MaxMs);
