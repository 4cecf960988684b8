using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Api;
using NotifyHub.Gateway.Cluster;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Telemetry;

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
    SocketAccess access,
    TrustedProxies proxies,
    ServerCertificate certificate,
    GatewayMetrics metrics,
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
            Ready(socket, options.Value);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(e.Message, e);
        }

        node.WebSocketPort = ((IPEndPoint)socket.LocalEndPoint!).Port;
        var listener = new Listener(socket, clients, access, proxies, options.Value, certificate.Guards(TlsPorts.WebSocket), metrics, logger, loggers);
        _stopListening = listener.StopListening;
        return ValueTask.FromResult<IConnectionListener>(listener);
    }

    /// <summary>Sets on the listening socket what every accepted one inherits, which saves a call for each of them.</summary>
    private static void Ready(Socket socket, GatewayOptions options)
    {
        socket.NoDelay = true;
        socket.SendBufferSize = options.SendBufferBytes;
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
        private readonly SocketAccess _access;
        private readonly TrustedProxies _proxies;
        private readonly GatewayOptions _options;
        private readonly bool _isTls;
        private readonly GatewayMetrics _metrics;
        private readonly ILogger _logger;
        private readonly SocketConnectionContextFactory _http;
        private readonly Channel<ConnectionContext> _requests = Channel.CreateUnbounded<ConnectionContext>();
        private readonly Task _accepting;
        private volatile bool _unbound;
        private int _silent;

        public Listener(
            Socket socket, Clients clients, SocketAccess access, TrustedProxies proxies, GatewayOptions options, bool isTls, GatewayMetrics metrics,
            ILogger logger, ILoggerFactory loggers)
        {
            (_socket, _clients, _access, _proxies, _options) = (socket, clients, access, proxies, options);
            (_isTls, _metrics, _logger) = (isTls, metrics, logger);
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
                // Of what is encrypted the first bytes tell nothing.
                if (_isTls)
                {
                    HandOver(socket);
                    return;
                }

                if (!await WaitForFirstBytesAsync(socket)) return;
                if (!TryRecognise(socket, out var request, out var handshake, out var length)
                    || await AdmitAsync(request) is not { } pass)
                {
                    HandOver(socket);
                    return;
                }

                var address = Address(socket.RemoteEndPoint, request.ForwardedFor);
                if (!TryTake(socket, handshake, length, address, ref reservedFor, out var place))
                {
                    HandOver(socket);
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
                _ = _clients.Admit(handshake, place, pass, request.UserAgent, address, new ClientConnection(socket, null));
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
                    _metrics.Refused(Refusal.SilentFull);
                    socket.Dispose();
                    return false;
                }

                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, timeout.Token);
                return true;
            }
            catch (OperationCanceledException)
            {
                _metrics.Refused(Refusal.Silent);
                socket.Dispose();
                return false;
            }
            finally
            {
                Interlocked.Decrement(ref _silent);
            }
        }

        private void HandOver(Socket socket)
        {
            if (!_requests.Writer.TryWrite(_http.Create(socket))) socket.Dispose();
        }

        /// <summary>Looks at the request and leaves it on the socket. False: not one for a WebSocket, or something speaks against it.</summary>
        private bool TryRecognise(
            Socket socket, [NotNullWhen(true)] out HandshakeRequest? request, [NotNullWhen(true)] out Handshake? handshake, out int length)
        {
            handshake = null;
            var buffer = ArrayPool<byte>.Shared.Rent(RequestHead.MaxBytes);
            try
            {
                var peeked = socket.Receive(buffer.AsSpan(0, RequestHead.MaxBytes), SocketFlags.Peek);
                request = RequestHead.Recognise(buffer.AsSpan(0, peeked), out length);
                return request is not null && Handshake.TryAccept(request, _options.AllowedOrigins, out handshake, out _);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        /// <summary>Null: refused, or nobody can say now; the HTTP server knows how to tell either.</summary>
        private async ValueTask<SocketPass?> AdmitAsync(HandshakeRequest request)
        {
            try
            {
                return await _access.AdmitAsync(request);
            }
            catch (Exception e) when (FailureHandler.IsUnavailable(e))
            {
                return null;
            }
        }

        /// <summary>Takes the request off the socket if the client can be let in.</summary>
        private bool TryTake(
            Socket socket, Handshake handshake, int length, string address, ref string? reservedFor, out LogPlace place)
        {
            if (_clients.Reserve(handshake, address, out place) != Admission.Granted) return false;
            reservedFor = address;
            var buffer = ArrayPool<byte>.Shared.Rent(RequestHead.MaxBytes);
            try
            {
                // What lies behind the head is the client's first frames already.
                return socket.Receive(buffer.AsSpan(0, length), SocketFlags.None) == length;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        private string Address(EndPoint? peer, string? forwardedFor) => ClientTransport.Address(
            peer is IPEndPoint { Address: var address } ? new IPEndPoint(_proxies.Client(address, forwardedFor), 0) : peer);

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
