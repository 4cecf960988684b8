using Orleans.Concurrency;

namespace NotifyHub.GrainInterfaces;

/// <summary>The log of API requests. Stateless: the rows are the truth. Key: <see cref="GrainKeys.Only"/>.</summary>
[Alias("NotifyHub.IUsageGrain")]
public interface IUsageGrain : IGrainWithIntegerKey
{
    /// <summary>Stores a batch, once: a gateway may send it again until it is answered.</summary>
    [Alias("RecordAsync"), AnySilo]
    Task RecordAsync(ApiRequestBatch batch);

    /// <summary>One page, newest first.</summary>
    [Alias("RequestsAsync"), AnySilo, ReadOnly]
    Task<ApiRequestPage> RequestsAsync(ApiRequestQuery query);

    /// <summary>One page of what callers without a login asked for, newest first.</summary>
    [Alias("AnonymousAsync"), AnySilo, ReadOnly]
    Task<AnonymousPage> AnonymousAsync(int page, int limit);

    /// <summary>The last days, today included, of the whole grid.</summary>
    [Alias("SummaryAsync"), AnySilo, ReadOnly]
    Task<UsageSummary> SummaryAsync(int days);
}
