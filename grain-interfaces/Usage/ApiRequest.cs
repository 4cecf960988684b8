namespace NotifyHub.GrainInterfaces;

/// <summary>One answered request.</summary>
/// <param name="At">UTC of its arrival.</param>
/// <param name="Who">An e-mail address, the name of an API key, or "-".</param>
/// <param name="Path">Without the query, which may hold secrets.</param>
/// <param name="Route">The endpoint's template; "-" when there is no such endpoint.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ApiRequest")]
public sealed record ApiRequest(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] string Who,
    [property: Id(2)] string Method,
    [property: Id(3)] string Path,
    [property: Id(4)] string Route,
    [property: Id(5)] int Status,
    [property: Id(6)] TimeSpan Duration,
    [property: Id(7)] string Address,
    [property: Id(8)] string UserAgent);
