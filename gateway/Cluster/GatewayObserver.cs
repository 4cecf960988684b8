using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>The calls from the silos to this gateway.</summary>
public sealed class GatewayObserver(
    ChannelFollower follower,
    ChannelLogs logs,
    ListenerControl listeners,
    ClientRegistry clients,
    ClientCloser closer,
    TimeProvider time)
    : IGatewayObserver
{
    /// <summary>Less than the silos wait: 2 s for the clients to take their close frame, the rest for the report.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4.5);

    public Task DeliverAsync(MessageBatch batch)
    {
        if (batch.Log == GrainKeys.PublicLog) follower.Take(batch);
        else logs.Take(batch);
        return Task.CompletedTask;
    }

    /// <summary>Returns when the state is in effect: a status read after that shows no client that was closed.</summary>
    public async Task ApplyAsync(ServiceState state)
    {
        using var timeout = new CancellationTokenSource(Timeout, time);
        await listeners.ApplyAsync(state, timeout.Token);
        await listeners.WaitUntilClosedAsync(timeout.Token);
    }

    public Task<LiveCounters[]> DescribeAsync(string[] connectionIds) => Task.FromResult(clients.Describe(connectionIds));

    public async Task<bool> CloseAsync(string connectionId)
    {
        using var timeout = new CancellationTokenSource(Timeout, time);
        try
        {
            return await closer.CloseAsync(connectionId, timeout.Token);
        }
        catch (OperationCanceledException)
        {
            // The client was closed, and is aborted if it does not go; only the report is late.
            return true;
        }
    }
}
