using NotifyHub.GrainInterfaces;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Usage;

/// <summary>The gateways' way to the log of API requests: they have no database of their own.</summary>
[StatelessWorker, Reentrant, GrainType("usage")]
public sealed class UsageGrain(UsageStore store) : Grain, IUsageGrain
{
    public Task RecordAsync(ApiRequestBatch batch) => store.AddAsync(batch);

    public Task<ApiRequestPage> RequestsAsync(ApiRequestQuery query) => store.ListAsync(query);

    public Task<AnonymousPage> AnonymousAsync(int page, int limit) => store.Anonymous.ListAsync(page, limit);

    public Task<UsageSummary> SummaryAsync(int days) => store.SummaryAsync(days);
}
