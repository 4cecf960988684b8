namespace NotifyHub.GrainInterfaces;

/// <param name="Status">One of <see cref="ScheduleStatus"/>, or null for all.</param>
/// <param name="Search">Part of the name or the notification's title, without regard to (ASCII) case; null for all.</param>
/// <param name="Page">From 1.</param>
/// <param name="Limit">1–500.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ScheduleQuery")]
public sealed record ScheduleQuery(
    [property: Id(0)] string? Status,
    [property: Id(1)] string? Search,
    [property: Id(2)] int Page,
    [property: Id(3)] int Limit);
