namespace NotifyHub.GrainInterfaces;

/// <summary>Null fields do not filter.</summary>
/// <param name="From">The first moment that belongs to it.</param>
/// <param name="To">The first moment that does not.</param>
/// <param name="Act">What the act begins with: <c>user.</c> is every act on users.</param>
/// <param name="Search">Part of caller, act, target or address, without regard to (ASCII) case.</param>
/// <param name="Page">From 1.</param>
/// <param name="Limit">1–500.</param>
/// <param name="Outcome">One of <see cref="AuditOutcome"/>.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.AuditQuery")]
public sealed record AuditQuery(
    [property: Id(0)] DateTimeOffset? From,
    [property: Id(1)] DateTimeOffset? To,
    [property: Id(2)] string? Who,
    [property: Id(3)] string? Act,
    [property: Id(4)] string? Search,
    [property: Id(5)] int Page,
    [property: Id(6)] int Limit,
    [property: Id(7)] string? Outcome = null);
