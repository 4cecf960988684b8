namespace NotifyHub.Console.Api;

/// <summary>Requests without a login, summed per minute.</summary>
/// <param name="Address">"*": the remaining addresses of a minute that had too many to list each.</param>
public sealed record AnonymousSum(
    DateTimeOffset Minute, string Address, string Method, string Route, int Status, long Requests, double AvgMs, double MaxMs);
