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
