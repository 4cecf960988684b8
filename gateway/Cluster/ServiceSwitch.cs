using NotifyHub.Gateway.Push;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>Makes this gateway what the operators want the service to be: running, stopped, or restarted once more.</summary>
public sealed partial class ServiceSwitch(GatewayNode node, PushListener push, Clients clients, ILogger<ServiceSwitch> logger) : IDisposable
{
    /// <summary>v1 clients of a restart come back within this time, each at a moment of its own, so that it is no stampede.</summary>
    private static readonly TimeSpan RestartSpread = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private ServiceState? _applied;

    /// <summary>Returns once the state is in effect here. Older states than the one in effect are ignored.</summary>
    public async Task ApplyAsync(ServiceState state, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (_applied is { } applied && state.Version <= applied.Version) return;
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

    /// <summary>The process is about to end: no new clients, and a goodbye to those there are.</summary>
    public void BeginShutDown()
    {
        node.WebSocketListening = false;
        clients.CloseAll(CloseReason.ShuttingDown, RestartSpread);
    }

    /// <summary>Waits for the clients' goodbyes and for the pushes under way.</summary>
    public async Task ShutDownAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            await push.StopListeningAsync(cancellation);
            BeginShutDown();
            await clients.WaitUntilEmptyAsync(cancellation);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task CloseAsync(CloseReason reason, CancellationToken cancellation)
    {
        // In this order: whoever is told to go must not find the door open again.
        node.WebSocketListening = false;
        clients.CloseAll(reason, reason == CloseReason.ServiceStopped ? TimeSpan.Zero : RestartSpread);
        await push.StopListeningAsync(cancellation);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Service is now running: {Running} (restarts so far: {Restarts})")]
    private partial void LogApplied(bool running, long restarts);
}
