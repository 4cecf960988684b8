using NotifyHub.GrainInterfaces;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Connections;

/// <summary>Has nothing to do: that it was called has been noticed by <see cref="SilentGateways"/>.</summary>
[StatelessWorker, Reentrant, GrainType("lifesign")]
public sealed class LifeSignGrain : Grain, ILifeSignGrain
{
    public Task GiveAsync() => Task.CompletedTask;
}
