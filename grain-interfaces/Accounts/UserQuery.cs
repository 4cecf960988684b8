namespace NotifyHub.GrainInterfaces;

/// <param name="Search">Part of the address or the name, without regard to (ASCII) case; null for all.</param>
/// <param name="Page">From 1.</param>
/// <param name="Limit">1–500.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.UserQuery")]
public sealed record UserQuery(
    [property: Id(0)] string? Search,
    [property: Id(1)] int Page,
    [property: Id(2)] int Limit);
