namespace NotifyHub.Console.Api;

/// <summary>One request that the API answered.</summary>
/// <param name="Who">An e-mail address, the name of an API key, or "-".</param>
/// <param name="Route">The endpoint's pattern, "-" when there was none.</param>
public sealed record ApiRequest(
    long Id,
    DateTimeOffset At,
    string Who,
    string Method,
    string Path,
    string Route,
    int Status,
    double DurationMs,
    string Address,
    string UserAgent);

public sealed record ApiRequestPage(IReadOnlyList<ApiRequest> Requests, long Total);

/// <summary>Requests without a login, added up.</summary>
/// <param name="Address">"*": from more addresses than a minute lists one by one.</param>
public sealed record AnonymousSum(
    DateTimeOffset Minute, string Address, string Method, string Route, int Status, long Requests, double AvgMs, double MaxMs);

public sealed record AnonymousPage(IReadOnlyList<AnonymousSum> Sums, long Total);

/// <summary>Null: all of them.</summary>
/// <param name="Status">A number, or 2xx to 5xx.</param>
public sealed record ApiRequestFilter(
    string? Method = null, string? Status = null, string? Who = null, string? Search = null, DateTimeOffset? From = null);

public sealed record UsageSummary(IReadOnlyList<UsageDay> PerDay, IReadOnlyList<UsageEndpoint> PerEndpoint);

public sealed record UsageDay(string Date, long Requests, long Errors, double AvgMs);

public sealed record UsageEndpoint(string Method, string Route, long Requests, long Errors, double AvgMs, double MaxMs);
