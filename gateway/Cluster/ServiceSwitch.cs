using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Push;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>Makes this gateway what the operators want the service to be: running, stopped, or restarted once more.</summary>
public sealed partial class ServiceSwitch(GatewayNode node, PushListener push, Clients clients, ILogger<ServiceSwitch> logger) : IDisposable
{
    /// <summary>What a gateway that ends leaves to the pushes under way: more than a silo takes to answer, or not to.</summary>
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
                // Its clients are on their way already; a stop leaves them no time for it.
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

    /// <summary>Waits until the clients that the last change closed have ended, and the grid knows.</summary>
    public async Task SettledAsync(CancellationToken cancellation)
    {
        var closed = _closed;
        await clients.EndedAsync(closed, cancellation);
        // Not kept for the next command, which may come in months.
        Interlocked.CompareExchange(ref _closed, [], closed);
    }

    /// <summary>The process is about to end: nobody is let in any more, what was pushed is answered, the clients are sent away over the window,
    /// the rest at once when there is hurry. Returns when the last one has gone.</summary>
    public async Task LeaveAsync(TimeSpan window, CancellationToken hurry, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        // From here on no change of the wanted state opens anything again.
        node.Leaving = true;
        node.WebSocketListening = false;
        _gate.Release();
        await Task.WhenAll(push.StopListeningAsync(cancellation, PushGrace), clients.CloseAllAsync(CloseReason.ShuttingDown, window, hurry));
        await clients.WaitUntilEmptyAsync(cancellation);
    }

    public void Dispose() => _gate.Dispose();

    private async Task CloseAsync(CloseReason reason, CancellationToken cancellation)
    {
        // In this order: whoever is told to go must not find the door open again.
        node.WebSocketListening = false;
        _closed = clients.CloseAll(reason, mayReturn: reason != CloseReason.ServiceStopped);
        await push.StopListeningAsync(cancellation);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Service is now running: {Running} (restarts so far: {Restarts})")]
    private partial void LogApplied(bool running, long restarts);
}
