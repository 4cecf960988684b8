using NotifyHub.GrainInterfaces;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Audit;

/// <summary>The gateways' way to the audit log: they have no database of their own.</summary>
[StatelessWorker, Reentrant, GrainType("audit")]
public sealed class AuditGrain(AuditStore store) : Grain, IAuditGrain
{
    public Task<long> BeginAsync(AuditEntry entry) => store.AddAsync(entry);

    public Task EndAsync(long id, string outcome, string target) => store.EndAsync(id, outcome, target);

    public Task<AuditPage> ListAsync(AuditQuery query) => store.ListAsync(query);
}
