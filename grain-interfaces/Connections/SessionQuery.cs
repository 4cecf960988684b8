namespace NotifyHub.GrainInterfaces;

/// <param name="Status">One of <see cref="SessionStatus"/>, or null for all.</param>
/// <param name="Page">From 1.</param>
/// <param name="Limit">1–500.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.SessionQuery")]
public sealed record SessionQuery(
    [property: Id(0)] string? Status,
    [property: Id(1)] int Page,
    [property: Id(2)] int Limit);
