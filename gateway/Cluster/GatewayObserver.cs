using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>What the silos reach this gateway by.</summary>
public sealed class GatewayObserver(ChannelFollower follower, ServiceSwitch service, Clients clients) : IGatewayObserver
{
    public Task DeliverAsync(MessageBatch batch)
    {
        follower.Take(batch);
        return Task.CompletedTask;
    }

    public Task ApplyAsync(ServiceState state) => service.ApplyAsync(state, CancellationToken.None);

    public Task<LiveCounters[]> DescribeAsync(string[] connectionIds) => Task.FromResult(clients.Describe(connectionIds));

    public Task<bool> CloseAsync(string connectionId) => Task.FromResult(clients.Close(connectionId));
}
