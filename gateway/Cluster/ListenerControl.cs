using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Push;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>Opens and closes the ports for clients and pushes as operators want: running, stopped, or restarted once
/// more.</summary>
public sealed partial class ListenerControl(GatewayNode node, PushListener push, Clients clients, ILogger<ListenerControl> logger)
    : IDisposable
{
    /// <summary>The time for the pushes under way when a gateway ends: longer than a silo takes to answer or to be given
    /// up.</summary>
    private static readonly TimeSpan PushGrace = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private ServiceState? _applied;
    private IReadOnlyList<Client> _closed = [];

    /// <summary>Returns once the state is in effect here. Older states than the one in effect are ignored.</summary>
    public async Task ApplyAsync(ServiceState state, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (_applied is { } applied && state.Version <= applied.Version) return;
            if (node.Leaving)
            {
                // The drain closes the clients over a window already; a stop closes the rest at once.
                if (!state.Running) _closed = clients.CloseAll(CloseReason.ServiceStopped, mayReturn: false);
                _applied = node.State = state;
                return;
            }

            var isRestart = state.Running && _applied is { Running: true } && state.Restarts > _applied.Restarts;
            if (!state.Running) await CloseAsync(CloseReason.ServiceStopped, cancellation);
            else if (isRestart) await CloseAsync(CloseReason.ServiceRestart, cancellation);

            node.State = state;
            if (state.Running)
            {
                await push.StartListeningAsync(cancellation);
                node.WebSocketListening = true;
            }

            _applied = state;
            LogApplied(state.Running, state.Restarts);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Waits until the clients that the last change closed have ended and the grid has taken the report of it.</summary>
    public async Task WaitUntilClosedAsync(CancellationToken cancellation)
    {
        var closed = _closed;
        await clients.EndedAsync(closed, cancellation);
        // The next command may come in months: don't keep the clients in memory until then.
        Interlocked.CompareExchange(ref _closed, [], closed);
    }

    /// <summary>Closes both ports for good, because the process is about to end: pushes under way are answered and the clients
    /// are closed over the window, the rest at once when <paramref name="hurry"/> is cancelled. Returns when the last client has
    /// ended.</summary>
    public async Task LeaveAsync(TimeSpan window, CancellationToken hurry, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        // From here on no change of the wanted state opens a port again.
        node.Leaving = true;
        node.WebSocketListening = false;
        _gate.Release();
        await Task.WhenAll(
            push.StopListeningAsync(cancellation, PushGrace),
            clients.CloseAllAsync(CloseReason.ShuttingDown, window, hurry));
        await clients.WaitUntilEmptyAsync(cancellation);
    }

    public void Dispose() => _gate.Dispose();

    private async Task CloseAsync(CloseReason reason, CancellationToken cancellation)
    {
        // In this order: a client that is closed must not be able to connect here again.
        node.WebSocketListening = false;
        _closed = clients.CloseAll(reason, mayReturn: reason != CloseReason.ServiceStopped);
        await push.StopListeningAsync(cancellation);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Service is now running: {Running} (restarts so far: {Restarts})")]
    private partial void LogApplied(bool running, long restarts);
}
