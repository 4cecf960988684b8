using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Telemetry;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Accepts the connections of the clients' port. It looks at the first bytes without taking them: an ordinary request for a
/// WebSocket is answered here and becomes a client on its bare socket; whatever else there is goes to the HTTP server untouched.
/// A client so costs none of the HTTP server's objects, and nothing but its sender ever writes to its socket (docs/adr/0002).
/// </summary>
public sealed partial class ClientTransport(
    IOptions<GatewayOptions> options,
    ClientEndPoint clientEndPoint,
    GatewayMetrics metrics,
    IServiceProvider services,
    ILogger<ClientTransport> logger) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private Action? _stopListening;

    /// <summary>The clients' port is bound, with this number.</summary>
    public event Action<int>? Bound;

    /// <summary>All ports, for each must stop short of the last open file; but only the clients' own is looked into.</summary>
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = Bind((IPEndPoint)endpoint);
        if (!ReferenceEquals(endpoint, clientEndPoint.EndPoint))
            return ValueTask.FromResult<IConnectionListener>(OtherPort(socket, (IPEndPoint)endpoint));
        Ready(socket, options.Value);
        Bound?.Invoke(((IPEndPoint)socket.LocalEndPoint!).Port);
        if (OpenFiles.Limit < OpenFiles.Needed(options.Value))
            LogFewFiles(OpenFiles.Limit, OpenFiles.Needed(options.Value), options.Value.ClientConnections,
                OpenFiles.RoomForClients);
        var listener = ActivatorUtilities.CreateInstance<ClientListener>(services, socket);
        _stopListening = listener.StopListening;
        return ValueTask.FromResult<IConnectionListener>(listener);
    }

    private static Socket Bind(IPEndPoint endPoint)
    {
        try
        {
            return Listen(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(e.Message, e);
        }
    }

    private HttpPortListener OtherPort(Socket socket, IPEndPoint endPoint)
    {
        // Probes come in as long as there is a file at all.
        var isHealthPort = options.Value.HealthPort > 0 && endPoint.Port == options.Value.HealthPort;
        var ports = services.GetRequiredService<HttpPorts>();
        return new HttpPortListener(
            socket, isHealthPort ? _ => true : ports.HasRoomFor, () => metrics.Refused(Refusal.OtherOutOfFiles),
                services.GetRequiredService<TimeProvider>(), logger,
            services.GetRequiredService<ILoggerFactory>());
    }

    /// <summary>Sets on the listening socket what every accepted one inherits, which saves a call for each of them.</summary>
    private static void Ready(Socket socket, GatewayOptions options)
    {
        socket.NoDelay = true;
        socket.SendBufferSize = options.SendBufferBytes;
    }

    /// <summary>Closes the port to new connections; all existing ones continue.</summary>
    public void StopListening() => _stopListening?.Invoke();

    /// <summary>A socket that listens there.</summary>
    /// <exception cref="SocketException">It cannot: the port is taken, or the address is not this machine's.</exception>
    internal static Socket Listen(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(endPoint);
            socket.Listen(4096);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [LoggerMessage(4301, LogLevel.Warning,
        "This process may open {Limit} files. ClientConnections ({Clients}), HttpConnections and PushConnections need "
        + "{Needed} together: about {Room} clients fit, more are refused. Raise the limit (systemd LimitNOFILE, Docker "
        + "ulimits: nofile, ulimit -n), or lower these settings")]
    private partial void LogFewFiles(int limit, long needed, int clients, int room);
}
