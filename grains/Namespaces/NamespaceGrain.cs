using NotifyHub.GrainInterfaces;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Namespaces;

/// <summary>The options of the namespaces.</summary>
[StatelessWorker, Reentrant, GrainType("namespace")]
public sealed class NamespaceGrain(NamespaceStore store) : Grain, INamespaceGrain
{
    public Task<NamespaceSnapshot?> ReadAsync(string? known) => store.ReadAsync(known);

    public Task<bool> SetAsync(string name, NamespaceSettings settings) => store.SetAsync(name, settings);

    public Task<bool> DeleteAsync(string name) => store.DeleteAsync(name);
}
