using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>What the silos reach this gateway by.</summary>
public sealed class GatewayObserver(ChannelFollower follower, ServiceSwitch service, Clients clients, TimeProvider time) : IGatewayObserver
{
    /// <summary>Less than the silos wait for it: the clients have 2 s to take their close frame, the rest is for the report.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4.5);

    public Task DeliverAsync(MessageBatch batch)
    {
        follower.Take(batch);
        return Task.CompletedTask;
    }

    /// <summary>Answers when it is true: whoever asks for the status next finds no client that was closed.</summary>
    public async Task ApplyAsync(ServiceState state)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        await service.ApplyAsync(state, patience.Token);
        await service.SettledAsync(patience.Token);
    }

    public Task<LiveCounters[]> DescribeAsync(string[] connectionIds) => Task.FromResult(clients.Describe(connectionIds));

    public async Task<bool> CloseAsync(string connectionId)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            return await clients.CloseAsync(connectionId, patience.Token);
        }
        catch (OperationCanceledException)
        {
            // It was told to go, and is cut off; only the report is late.
            return true;
        }
    }
}
