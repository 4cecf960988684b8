namespace NotifyHub.GrainInterfaces;

/// <summary>Null fields do not filter.</summary>
/// <param name="From">The first moment that belongs to it.</param>
/// <param name="To">The first moment that does not.</param>
/// <param name="Path">What the path begins with.</param>
/// <param name="LowestStatus">Of the HTTP status.</param>
/// <param name="HighestStatus">Of the HTTP status.</param>
/// <param name="Search">Part of path, caller, address or user agent, without regard to (ASCII) case.</param>
/// <param name="Page">From 1.</param>
/// <param name="Limit">1–500.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ApiRequestQuery")]
public sealed record ApiRequestQuery(
    [property: Id(0)] DateTimeOffset? From,
    [property: Id(1)] DateTimeOffset? To,
    [property: Id(2)] string? Method,
    [property: Id(3)] string? Path,
    [property: Id(4)] int? LowestStatus,
    [property: Id(5)] int? HighestStatus,
    [property: Id(6)] string? Who,
    [property: Id(7)] string? Search,
    [property: Id(8)] int Page,
    [property: Id(9)] int Limit);
