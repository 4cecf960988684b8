namespace NotifyHub.GrainInterfaces;

/// <summary>A stored schedule.</summary>
/// <param name="Status">One of <see cref="ScheduleStatus"/>.</param>
/// <param name="NextRunAt">UTC; null unless active.</param>
/// <param name="LastRunAt">UTC of when the last run was carried out or skipped.</param>
/// <param name="LastRunStatus">One of <see cref="RunStatus"/>.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.Schedule")]
public sealed record Schedule(
    [property: Id(0)] long Id,
    [property: Id(1)] ScheduleDraft Draft,
    [property: Id(2)] string Status,
    [property: Id(3)] DateTimeOffset? NextRunAt,
    [property: Id(4)] DateTimeOffset? LastRunAt,
    [property: Id(5)] string? LastRunStatus,
    [property: Id(6)] string CreatedBy,
    [property: Id(7)] DateTimeOffset CreatedAt,
    [property: Id(8)] DateTimeOffset UpdatedAt);
