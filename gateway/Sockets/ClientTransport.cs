using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Cluster;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Accepts the connections of the clients' port. It looks at the first bytes without taking them: an ordinary request for a WebSocket is
/// answered here and becomes a client on its bare socket; whatever else there is goes to the HTTP server untouched. A client so costs
/// none of the HTTP server's objects, and nothing but its sender ever writes to its socket (docs/adr/0002).
/// </summary>
public sealed partial class ClientTransport(
    Clients clients,
    GatewayNode node,
    IOptions<GatewayOptions> options,
    ClientEndPoint clientEndPoint,
    ILogger<ClientTransport> logger,
    ILoggerFactory loggers) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private Action? _stopListening;

    /// <summary>Only the clients' own endpoint: any other that is configured (TLS for one) is the HTTP server's.</summary>
    public bool CanBind(EndPoint endpoint) => ReferenceEquals(endpoint, clientEndPoint.EndPoint);

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket socket;
        try
        {
            socket = Listen((IPEndPoint)endpoint);
            // Whoever is accepted inherits it.
            socket.SendBufferSize = options.Value.SendBufferBytes;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(e.Message, e);
        }

        node.WebSocketPort = ((IPEndPoint)socket.LocalEndPoint!).Port;
        var listener = new Listener(socket, clients, options.Value, logger, loggers);
        _stopListening = listener.StopListening;
        return ValueTask.FromResult<IConnectionListener>(listener);
    }

    /// <summary>Closes the port to new connections; those there are go on, whoever they belong to.</summary>
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

    private sealed partial class Listener : IConnectionListener
    {
        private readonly Socket _socket;
        private readonly Clients _clients;
        private readonly GatewayOptions _options;
        private readonly ILogger _logger;
        private readonly SocketConnectionContextFactory _http;
        private readonly Channel<ConnectionContext> _requests = Channel.CreateUnbounded<ConnectionContext>();
        private readonly Task _accepting;
        private volatile bool _unbound;
        private int _silent;

        public Listener(Socket socket, Clients clients, GatewayOptions options, ILogger logger, ILoggerFactory loggers)
        {
            (_socket, _clients, _options, _logger) = (socket, clients, options, logger);
            _http = new SocketConnectionContextFactory(
                new SocketConnectionFactoryOptions(), loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));
            EndPoint = socket.LocalEndPoint!;
            _accepting = Task.Run(AcceptLoopAsync);
        }

        public EndPoint EndPoint { get; }

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await _requests.Reader.WaitToReadAsync(cancellationToken))
                if (_requests.Reader.TryRead(out var request)) return request;
            return null;
        }

        public void StopListening()
        {
            _unbound = true;
            _socket.Dispose();
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            StopListening();
            await _accepting;
            _requests.Writer.TryComplete();
        }

        public async ValueTask DisposeAsync()
        {
            await UnbindAsync();
            _http.Dispose();
        }

        private async Task AcceptLoopAsync()
        {
            while (!_unbound)
            {
                try
                {
                    var accepted = await _socket.AcceptAsync();
                    _ = TakeAsync(accepted);
                }
                catch (SocketException e) when (!_unbound)
                {
                    // Out of file descriptors, or the peer left already: the listener itself is sound. Yield, so that the
                    // first of the two is no busy loop.
                    LogAcceptFailed(e.SocketErrorCode);
                    await Task.Delay(10);
                }
                catch (Exception e) when (_unbound && e is SocketException or ObjectDisposedException)
                {
                    return;
                }
            }
        }

        /// <summary>Finds out what a new connection wants and sees to it; never throws.</summary>
        private async Task TakeAsync(Socket socket)
        {
            var isOurs = true;
            string? reservedFor = null;
            try
            {
                socket.NoDelay = true;
                if (!await WaitForFirstBytesAsync(socket)) return;
                var address = Address(socket.RemoteEndPoint);
                if (!TryTakeHandshake(socket, address, ref reservedFor, out var handshake, out var place, out var userAgent))
                {
                    if (!_requests.Writer.TryWrite(_http.Create(socket))) socket.Dispose();
                    return;
                }

                // From here on a send that does not fit says so instead of waiting.
                socket.Blocking = false;
                var response = handshake.Response();
                // Some 200 bytes into an empty buffer: they fit, or the connection is broken.
                if (socket.Send(response, SocketFlags.None) != response.Length)
                {
                    socket.Dispose();
                    return;
                }

                // From here on only the client's sender closes it.
                isOurs = false;
                _ = _clients.Admit(handshake, place, userAgent, address, new ClientConnection(socket, null));
            }
            catch (Exception e) when (isOurs && e is SocketException or ObjectDisposedException)
            {
                // The peer left before it was anybody.
                socket.Dispose();
            }
            catch (Exception e)
            {
                LogTakeFailed(e);
                if (isOurs) socket.Dispose();
            }
            finally
            {
                if (isOurs && reservedFor is not null) _clients.GiveUp(reservedFor);
            }
        }

        /// <summary>False: nothing came in time, or too many wait already, and the connection was closed.</summary>
        private async ValueTask<bool> WaitForFirstBytesAsync(Socket socket)
        {
            if (socket.Available > 0) return true;
            using var timeout = new CancellationTokenSource(_options.HandshakeTimeout);
            try
            {
                if (Interlocked.Increment(ref _silent) > _options.HttpConnections)
                {
                    socket.Dispose();
                    return false;
                }

                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, timeout.Token);
                return true;
            }
            catch (OperationCanceledException)
            {
                socket.Dispose();
                return false;
            }
            finally
            {
                Interlocked.Decrement(ref _silent);
            }
        }

        /// <summary>Looks at the request, and takes it off the socket only if it is one for a WebSocket and nothing speaks against it.</summary>
        private bool TryTakeHandshake(
            Socket socket,
            string address,
            ref string? reservedFor,
            [NotNullWhen(true)] out Handshake? handshake,
            out LogPlace place,
            out string userAgent)
        {
            handshake = null;
            place = default;
            userAgent = "";
            var buffer = ArrayPool<byte>.Shared.Rent(RequestHead.MaxBytes);
            try
            {
                var peeked = socket.Receive(buffer.AsSpan(0, RequestHead.MaxBytes), SocketFlags.Peek);
                if (RequestHead.Recognise(buffer.AsSpan(0, peeked), out var length) is not { } request) return false;
                if (!Handshake.TryAccept(request, _options.AllowedOrigins, out handshake, out _)) return false;
                if (_clients.Reserve(handshake, address, out place) != Admission.Granted) return false;
                reservedFor = address;
                userAgent = request.UserAgent;
                // What lies behind the head is the client's first frames already.
                return socket.Receive(buffer.AsSpan(0, length), SocketFlags.None) == length;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        [LoggerMessage(Level = LogLevel.Warning, Message = "A connection could not be accepted: {Error}")]
        private partial void LogAcceptFailed(SocketError error);

        [LoggerMessage(Level = LogLevel.Error, Message = "A new connection met an unexpected failure")]
        private partial void LogTakeFailed(Exception e);
    }

    /// <summary>The peer's IP address as people write it.</summary>
    public static string Address(EndPoint? endPoint) => endPoint is IPEndPoint { Address: var address }
        ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString()
        : "";
}

/// <summary>The endpoint that Kestrel is told to listen on for clients; by its identity the transport knows it again.</summary>
public sealed record ClientEndPoint(IPEndPoint EndPoint);
