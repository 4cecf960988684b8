using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace NotifyHub.Gateway.Network;

/// <summary>
/// A port of the HTTP server without clients: the console, probes, metrics. The server's own would accept until the process has
/// no file left, which the runtime does not survive, and then try again without a pause.
/// </summary>
/// <param name="socket">Listens.</param>
/// <param name="hasRoom">Whether a new connection may stay, for the files that are left.</param>
/// <param name="refused">Called for each connection that may not.</param>
internal sealed partial class HttpPortListener(
    Socket socket, Func<Socket, bool> hasRoom, Action refused, TimeProvider time, ILogger logger, ILoggerFactory loggers)
        : IConnectionListener
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly SocketConnectionContextFactory _http = new(
        new SocketConnectionFactoryOptions(), loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));

    private readonly LogGate _failures = new(time);
    private volatile bool _unbound;

    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var accepted = await socket.AcceptAsync(cancellationToken);
                if (hasRoom(accepted))
                {
                    accepted.NoDelay = true;
                    return _http.Create(accepted);
                }

                refused();
                accepted.Dispose();
            }
            catch (Exception e) when (_unbound && e is SocketException or ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException e)
            {
                // Out of files, or the peer left already: the listener itself is sound.
                if (_failures.TryPass(out var suppressed)) LogAcceptFailed(EndPoint, e.SocketErrorCode, suppressed);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _unbound = true;
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    [LoggerMessage(1001, LogLevel.Warning,
        "A connection to {EndPoint} could not be accepted: {Error} ({Suppressed} more since the last such line)")]
    private partial void LogAcceptFailed(EndPoint endPoint, SocketError error, long suppressed);
}
