namespace NotifyHub.Console.Api;

/// <summary>One request that the API answered.</summary>
/// <param name="Who">An e-mail address, the name of an API key, or "-".</param>
/// <param name="Route">The route pattern of the endpoint; "-" when no endpoint matched.</param>
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
