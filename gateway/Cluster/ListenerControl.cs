using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Push;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>
/// Opens and closes the ports for clients and pushes as operators want: running, stopped, or restarted once more. Owns the state
/// of the <see cref="GatewayNode"/> and is the only one that publishes it.
/// </summary>
public sealed partial class ListenerControl : IDisposable
{
    /// <summary>The time that a stopping gateway leaves to pushes in progress: longer than a silo takes to answer or to
    /// fail.</summary>
    private static readonly TimeSpan PushGrace = TimeSpan.FromSeconds(10);

    private readonly GatewayNode _node;
    private readonly PushListener _push;
    private readonly ClientCloser _closer;
    private readonly ILogger<ListenerControl> _logger;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private ServiceState? _applied;
    private IReadOnlyList<Client> _closed = [];

    public ListenerControl(
        GatewayNode node, ClientTransport transport, PushListener push, ClientCloser closer, ILogger<ListenerControl> logger)
    {
        (_node, _push, _closer, _logger) = (node, push, closer, logger);
        transport.Bound += port => _node.Publish(state => state with { WebSocketPort = port });
    }

    /// <summary>Returns once the state is in effect here. Older states than the one in effect are ignored.</summary>
    public async Task ApplyAsync(ServiceState state, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (_applied is { } applied && state.Version <= applied.Version) return;
            if (_node.State.IsLeaving)
            {
                // Its clients are being closed already; a stop leaves them no time for it.
                if (!state.Running) _closed = _closer.CloseAll(CloseReason.ServiceStopped, mayReturn: false);
                _node.Publish(node => node with { Service = state });
                _applied = state;
                return;
            }

            var isRestart = state.Running && _applied is { Running: true } && state.Restarts > _applied.Restarts;
            if (!state.Running) await CloseAsync(CloseReason.ServiceStopped, cancellation);
            else if (isRestart) await CloseAsync(CloseReason.ServiceRestart, cancellation);

            _node.Publish(node => node with { Service = state });
            if (state.Running)
            {
                await _push.StartListeningAsync(cancellation);
                _node.Publish(node => node with { PushPort = _push.Port, PushListening = true, WebSocketListening = true });
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
        await _closer.EndedAsync(closed, cancellation);
        // The next command may come in months: don't keep the clients in memory until then.
        Interlocked.CompareExchange(ref _closed, [], closed);
    }

    /// <summary>Closes both ports for good, because the process is about to end: pushes in progress are answered and the clients
    /// are closed over the window, the rest at once when <paramref name="closeNow"/> is cancelled. Returns when the last client
    /// has ended.</summary>
    public async Task LeaveAsync(TimeSpan window, CancellationToken closeNow, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        // From here on no change of the wanted state opens anything again.
        _node.Publish(node => node with { IsLeaving = true, WebSocketListening = false });
        _gate.Release();
        await Task.WhenAll(StopPushAsync(cancellation, PushGrace),
            _closer.CloseAllAsync(CloseReason.ShuttingDown, window, closeNow));
        await _closer.WaitUntilEmptyAsync(cancellation);
    }

    public void Dispose() => _gate.Dispose();

    private async Task CloseAsync(CloseReason reason, CancellationToken cancellation)
    {
        // In this order: a client that was closed must not be let in again.
        _node.Publish(node => node with { WebSocketListening = false });
        _closed = _closer.CloseAll(reason, mayReturn: reason != CloseReason.ServiceStopped);
        await StopPushAsync(cancellation);
    }

    private Task StopPushAsync(CancellationToken cancellation, TimeSpan? limit = null)
    {
        _node.Publish(node => node with { PushListening = false });
        return _push.StopListeningAsync(cancellation, limit);
    }

    [LoggerMessage(6201, LogLevel.Information, "Service is now running: {Running} (restarts so far: {Restarts})")]
    private partial void LogApplied(bool running, long restarts);
}
