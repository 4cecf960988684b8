namespace NotifyHub.GrainInterfaces;

/// <summary>Requests of callers who did not log in, added up: any caller can make any number of them.</summary>
/// <param name="Minute">UTC of its beginning.</param>
/// <param name="Address">Where they came from; "*": from more addresses, or for more, than a minute lists one by one.</param>
/// <param name="Duration">Of all of them.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.AnonymousRequests")]
public sealed record AnonymousRequests(
    [property: Id(0)] DateTimeOffset Minute,
    [property: Id(1)] string Address,
    [property: Id(2)] string Method,
    [property: Id(3)] string Route,
    [property: Id(4)] int Status,
    [property: Id(5)] long Requests,
    [property: Id(6)] TimeSpan Duration,
    [property: Id(7)] TimeSpan Longest);
