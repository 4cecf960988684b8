namespace NotifyHub.GrainInterfaces;

/// <param name="Status">One of <see cref="NotificationStatus"/>, or null for all.</param>
/// <param name="Severity">One of <see cref="GrainInterfaces.Severity"/>, or null for all.</param>
/// <param name="Search">Part of the title or the message, without regard to (ASCII) case; null for all.</param>
/// <param name="Page">From 1.</param>
/// <param name="Limit">1–500.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.NotificationQuery")]
public sealed record NotificationQuery(
    [property: Id(0)] string? Status,
    [property: Id(1)] string? Severity,
    [property: Id(2)] string? Search,
    [property: Id(3)] int Page,
    [property: Id(4)] int Limit);
