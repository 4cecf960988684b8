namespace NotifyHub.GrainInterfaces;

[GenerateSerializer, Immutable, Alias("NotifyHub.UsageEndpoint")]
public sealed record UsageEndpoint(
    [property: Id(0)] string Method,
    [property: Id(1)] string Route,
    [property: Id(2)] long Requests,
    [property: Id(3)] long Errors,
    [property: Id(4)] TimeSpan Average,
    [property: Id(5)] TimeSpan Longest);
