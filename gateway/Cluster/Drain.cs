using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Sockets;

namespace NotifyHub.Gateway.Cluster;

/// <summary>
/// Ends a gateway in order, before any of its services stops. It is not ready any more, but serves as before for
/// <c>DrainDelay</c>, until load balancers have noticed. Then its ports close, pending pushes are answered, and the clients are
/// closed over <c>DrainWindow</c>. A second signal closes the rest at once.
/// </summary>
public sealed partial class Drain(
    GatewayNode node,
    GridContact contact,
    ListenerControl listeners,
    ClientTransport transport,
    IOptions<GatewayOptions> options,
    TimeProvider time,
    ILogger<Drain> logger)
    : IHostedLifecycleService
{
    /// <summary>The time for what comes after the clients: requests in progress, the last reports, the embedded silo.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(20);

    /// <summary>The shutdown timeout that the host needs for an orderly end.</summary>
    public static TimeSpan Limit(GatewayOptions options) => options.DrainDelay + options.DrainWindow + options.CloseGrace + Rest;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // A gateway that was never ready has no clients to close.
        if (!contact.First.IsCompletedSuccessfully && !node.State.WebSocketListening) return;
        using var closeNow = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => CloseNow(closeNow));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => CloseNow(closeNow));
        try
        {
            if (options.Value.DrainDelay > TimeSpan.Zero)
            {
                LogWaiting(options.Value.DrainDelay);
                await Task.Delay(options.Value.DrainDelay, time, closeNow.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            LogDraining(options.Value.DrainWindow);
            transport.StopListening();
            await listeners.LeaveAsync(options.Value.DrainWindow, closeNow.Token, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            LogCutShort();
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void CloseNow(CancellationTokenSource closeNow)
    {
        try
        {
            closeNow.Cancel();
            LogCloseNow();
        }
        catch (ObjectDisposedException)
        {
            // The signal came when the drain had just ended.
        }
    }

    [LoggerMessage(6001, LogLevel.Information, "Shutting down: no longer ready, still serving for {Delay}")]
    private partial void LogWaiting(TimeSpan delay);

    [LoggerMessage(6002, LogLevel.Information, "Shutting down: ports are closed, closing clients within {Window}")]
    private partial void LogDraining(TimeSpan window);

    [LoggerMessage(6003, LogLevel.Information, "Second signal: closing the remaining clients at once")]
    private partial void LogCloseNow();

    [LoggerMessage(6004, LogLevel.Warning, "The shutdown timeout ended before all clients had closed")]
    private partial void LogCutShort();
}
