using Orleans.Concurrency;

namespace NotifyHub.GrainInterfaces;

/// <summary>What people have done, and who logged in. Stateless: the rows are the truth.
/// Key: <see cref="GrainKeys.Only"/>.</summary>
[Alias("NotifyHub.IAuditGrain")]
public interface IAuditGrain : IGrainWithIntegerKey
{
    /// <summary>Writes down what is about to be done. Answers the entry's number when it is durable: only then it may be
    /// done.</summary>
    [Alias("BeginAsync"), AnySilo]
    Task<long> BeginAsync(AuditEntry entry);

    /// <summary>Writes down how it ended.</summary>
    /// <param name="outcome">One of <see cref="AuditOutcome"/>.</param>
    [Alias("EndAsync"), AnySilo]
    Task EndAsync(long id, string outcome, string target);

    /// <summary>One page, newest first.</summary>
    [Alias("ListAsync"), AnySilo, ReadOnly]
    Task<AuditPage> ListAsync(AuditQuery query);
}

/// <param name="At">UTC.</param>
/// <param name="Who">An e-mail address.</param>
/// <param name="Act">What was done, such as <c>user.create</c>.</param>
/// <param name="Target">The path of what it was done to.</param>
/// <param name="Outcome">One of <see cref="AuditOutcome"/>.</param>
/// <param name="Times">How often; more than once only for failed logins, which are summed.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.AuditEntry")]
public sealed record AuditEntry(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] string Who,
    [property: Id(2)] string Act,
    [property: Id(3)] string Target,
    [property: Id(4)] string Address,
    [property: Id(5)] string Outcome = AuditOutcome.Done,
    [property: Id(6)] long Times = 1);

/// <summary>How an act ended.</summary>
public static class AuditOutcome
{
    /// <summary>It was begun, and whether it was done nobody was told: something died or did not answer.</summary>
    public const string Attempted = "attempted";

    public const string Done = "done";

    /// <summary>It was not possible or not right; nothing has changed.</summary>
    public const string Refused = "refused";

    public static readonly IReadOnlyList<string> All = [Attempted, Done, Refused];
}

/// <summary>What is null does not matter.</summary>
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
