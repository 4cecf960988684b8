using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Telemetry;

namespace NotifyHub.Gateway.Sockets;

/// <summary>The clients' port while it is open: accepts, looks at the first bytes, and makes a client or hands over to the HTTP
/// server.</summary>
internal sealed partial class ClientListener : IConnectionListener
{
    /// <summary>How long accepting pauses when the process has no file left: others need a moment to end, and until then it would
    /// only fail again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly ClientRegistry _clients;
    private readonly ClientAuthentication _authentication;
    private readonly TrustedProxies _proxies;
    private readonly GatewayOptions _options;
    private readonly bool _isTls;
    private readonly HttpPorts _ports;
    private readonly HttpConnections _others;
    private readonly ConnectRate _rate;
    private readonly GatewayMetrics _metrics;
    private readonly ILogger _logger;
    private readonly LogGate _failures;
    private readonly LogGate _shortages;
    private readonly SocketConnectionContextFactory _http;
    private readonly Channel<ConnectionContext> _requests = Channel.CreateUnbounded<ConnectionContext>();
    private readonly Task _accepting;
    private volatile bool _unbound;

    public ClientListener(
        Socket socket,
        ClientRegistry clients,
        ClientAuthentication authentication,
        TrustedProxies proxies,
        IOptions<GatewayOptions> options,
        ServerCertificate certificate,
        HttpPorts ports,
        HttpConnections others,
        ConnectRate rate,
        GatewayMetrics metrics,
        TimeProvider time,
        ILogger<ClientListener> logger,
        ILoggerFactory loggers)
    {
        (_socket, _clients, _authentication, _proxies, _options) = (socket, clients, authentication, proxies, options.Value);
        _ports = ports;
        (_isTls, _others, _rate, _metrics, _logger) = (certificate.Guards(TlsPorts.WebSocket), others, rate, metrics, logger);
        (_failures, _shortages) = (new LogGate(time), new LogGate(time));
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
                if (HasRoom(accepted)) _ = TakeAsync(accepted);
            }
            catch (SocketException e) when (!_unbound)
            {
                // Out of files, or the peer left already: the listener itself is sound.
                if (_failures.TryPass(out var suppressed)) LogAcceptFailed(e.SocketErrorCode, suppressed);
                await Task.Delay(Pause);
            }
            catch (Exception e) when (_unbound && e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>False: it would take the last files of the process, and was closed.</summary>
    private bool HasRoom(Socket accepted)
    {
        if (!OpenFiles.AreScarce(accepted)) return true;
        if (_shortages.TryPass(out var suppressed)) LogFilesScarce(OpenFiles.Limit, suppressed);
        if (_ports.HasRoomFor(accepted)) return true;
        _metrics.Refused(Refusal.OutOfFiles);
        accepted.Dispose();
        return false;
    }

    /// <summary>Finds out what a new connection wants and sees to it; never throws.</summary>
    private async Task TakeAsync(Socket socket)
    {
        var isOurs = true;
        string? reservedFor = null;
        HttpConnections.Connection? connection = null;
        try
        {
            connection = _others.Open((socket.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None, socket.Dispose);
            if (connection is null)
            {
                socket.Dispose();
                return;
            }

            // The first bytes of an encrypted connection say nothing.
            if (_isTls)
            {
                HandOver(socket, ref connection);
                return;
            }

            if (!await WaitForFirstBytesAsync(socket)) return;
            connection.Begin();
            if (!TryRecognise(socket, out var request, out var handshake, out var length))
            {
                HandOver(socket, ref connection);
                return;
            }

            // Before the token is checked.
            var address = Address(socket.RemoteEndPoint, request.ForwardedFor);
            var verdict = _rate.Take(address);
            if (verdict == ConnectVerdict.Dropped)
            {
                _metrics.Refused(Refusal.RateLimited);
                socket.Dispose();
                return;
            }

            if (verdict == ConnectVerdict.Refused
                || OpenFiles.AreScarce(socket)
                || await AuthenticateAsync(request) is not { } principal
                || !TryTake(socket, handshake, length, address, ref reservedFor, out var place))
            {
                HandOver(socket, ref connection, new FirstVerdict(verdict));
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
            _ = _clients.Admit(handshake, place, principal, request.UserAgent, address, new ClientConnection(socket, null));
        }
        catch (Exception e) when (isOurs && e is SocketException or ObjectDisposedException)
        {
            // The peer left before it was a client, or its slot was needed.
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
            connection?.Close();
        }
    }

    /// <summary>False: nothing came in time, and the connection was closed.</summary>
    private async ValueTask<bool> WaitForFirstBytesAsync(Socket socket)
    {
        if (socket.Available > 0) return true;
        using var timeout = new CancellationTokenSource(_options.HandshakeTimeout);
        try
        {
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, timeout.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            _metrics.Refused(Refusal.Silent);
            socket.Dispose();
            return false;
        }
    }

    /// <summary>Leaves the connection to the HTTP server, which also ends its count.</summary>
    private void HandOver(Socket socket, ref HttpConnections.Connection? connection, FirstVerdict? verdict = null)
    {
        var context = _http.Create(socket);
        context.Features.Set(connection);
        if (verdict is not null) context.Features.Set(verdict);
        // Before the HTTP server has it: it may begin a request at once.
        connection!.AbortWith(context.Abort);
        connection.End();
        if (!_requests.Writer.TryWrite(context))
        {
            socket.Dispose();
            return;
        }

        connection = null;
    }

    /// <summary>Looks at the request and leaves it on the socket. False: not one for a WebSocket, or something speaks against
    /// it.</summary>
    private bool TryRecognise(
        Socket socket, [NotNullWhen(true)] out HandshakeRequest? request, [NotNullWhen(true)] out Handshake? handshake,
            out int length)
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

    /// <summary>Null: refused, or nobody can say now. The HTTP server asks again, answers and logs.</summary>
    private async ValueTask<ClientPrincipal?> AuthenticateAsync(HandshakeRequest request)
    {
        try
        {
            return (await _authentication.AuthenticateAsync(request.Token(), request.AsksToObserve())).Principal;
        }
        catch (Exception e) when (GridCall.IsOutage(e))
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

    private string Address(EndPoint? peer, string? forwardedFor) => IpAddresses.Text(
        peer is IPEndPoint { Address: var address } ? new IPEndPoint(_proxies.Client(address, forwardedFor), 0) : peer);

    [LoggerMessage(4001, LogLevel.Warning,
        "A connection could not be accepted: {Error} ({Suppressed} more since the last such line)")]
    private partial void LogAcceptFailed(SocketError error, long suppressed);

    [LoggerMessage(4002, LogLevel.Warning,
        "The process is near its limit of {Limit} open files: new clients and pushes are refused until others have left, and "
        + "the API answers as long as it can. Raise the limit (LimitNOFILE, ulimit -n), or lower ClientConnections "
        + "({Suppressed} more connections since the last such line)")]
    private partial void LogFilesScarce(int limit, long suppressed);

    [LoggerMessage(4003, LogLevel.Error, "Accepting a new connection failed")]
    private partial void LogTakeFailed(Exception exception);
}
