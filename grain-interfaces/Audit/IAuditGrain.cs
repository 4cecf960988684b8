using Orleans.Concurrency;

namespace NotifyHub.GrainInterfaces;

/// <summary>What administrators and operators have done. Stateless: the rows are the truth. Key: <see cref="GrainKeys.Only"/>.</summary>
[Alias("NotifyHub.IAuditGrain")]
public interface IAuditGrain : IGrainWithIntegerKey
{
    /// <summary>Answers when the entry is durable.</summary>
    [Alias("RecordAsync"), AnySilo]
    Task RecordAsync(AuditEntry entry);

    /// <summary>One page, newest first.</summary>
    [Alias("ListAsync"), AnySilo, ReadOnly]
    Task<AuditPage> ListAsync(AuditQuery query);
}

/// <param name="At">UTC.</param>
/// <param name="Who">An e-mail address.</param>
/// <param name="Act">What was done, such as <c>user.create</c>.</param>
/// <param name="Target">The path of what it was done to.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.AuditEntry")]
public sealed record AuditEntry(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] string Who,
    [property: Id(2)] string Act,
    [property: Id(3)] string Target,
    [property: Id(4)] string Address);

/// <summary>What is null does not matter.</summary>
/// <param name="From">The first moment that belongs to it.</param>
/// <param name="To">The first moment that does not.</param>
/// <param name="Act">What the act begins with: <c>user.</c> is every act on users.</param>
/// <param name="Search">Part of caller, act, target or address, without regard to (ASCII) case.</param>
/// <param name="Page">From 1.</param>
/// <param name="Limit">1–500.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.AuditQuery")]
public sealed record AuditQuery(
    [property: Id(0)] DateTimeOffset? From,
    [property: Id(1)] DateTimeOffset? To,
    [property: Id(2)] string? Who,
    [property: Id(3)] string? Act,
    [property: Id(4)] string? Search,
    [property: Id(5)] int Page,
    [property: Id(6)] int Limit);

[GenerateSerializer, Immutable, Alias("NotifyHub.StoredAuditEntry")]
public sealed record StoredAuditEntry(
    [property: Id(0)] long Id,
    [property: Id(1)] AuditEntry Entry);

/// <param name="Total">How many match in all.</param>
/// <param name="IsTruncated">The search looked at the newest rows alone; older ones were not looked at.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.AuditPage")]
public sealed record AuditPage(
    [property: Id(0)] StoredAuditEntry[] Entries,
    [property: Id(1)] long Total,
    [property: Id(2)] bool IsTruncated = false);
