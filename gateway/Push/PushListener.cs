using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;
using NotifyHub.Hosting;

namespace NotifyHub.Gateway.Push;

/// <summary>
/// The internal push port. Listens only between <see cref="StartListeningAsync"/> and <see cref="StopListeningAsync"/>, which
/// follow the service's wanted state; the end of the process stops it too.
/// </summary>
public sealed partial class PushListener : IHostedService, IDisposable
{
    /// <summary>How long a stop waits for outstanding publishes before it resets the connections, by
    /// default.</summary>
    public static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(3);

    private const int MaxConcurrentRefusals = 100;

    private static readonly byte[] Full = "error: too many connections\n"u8.ToArray();
    private static readonly byte[] AddressFull = "error: too many connections from this address\n"u8.ToArray();
    private static readonly StreamPipeReaderOptions ReaderOptions =
        new(bufferSize: 1 << 16, leaveOpen: true, useZeroByteReads: true);
    private static readonly StreamPipeWriterOptions WriterOptions = new(leaveOpen: true);

    private readonly Func<PublishBatch, Task<PublishResult>> _publish;
    private readonly ChannelDrafts _drafts;
    private readonly GatewayMetrics _metrics;
    private readonly GatewayOptions _options;
    private readonly ServerCertificate? _certificate;
    private readonly TimeProvider _time;
    private readonly ILogger<PushListener> _logger;
    private readonly PushRegistry _registry;
    private readonly PushBudget _budget;
    private readonly LogGate _failures;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<Socket, Task> _connections = new();
    private Listening? _listening;
    private int _refusing;

    public PushListener(
        Publisher publisher,
        ChannelDrafts drafts,
        GatewayMetrics metrics,
        IOptions<GatewayOptions> options,
        ServerCertificate certificate,
        TimeProvider time,
        ILogger<PushListener> logger)
        : this(batch => publisher.PublishAsync(batch, PublishSource.Tcp), drafts, metrics, options, time, logger, certificate)
    {
    }

    public PushListener(
        Func<PublishBatch, Task<PublishResult>> publish,
        ChannelDrafts drafts,
        GatewayMetrics metrics,
        IOptions<GatewayOptions> options,
        TimeProvider time,
        ILogger<PushListener> logger,
        ServerCertificate? certificate = null)
    {
        _certificate = certificate;
        _publish = publish;
        _drafts = drafts;
        _metrics = metrics;
        _options = options.Value;
        _registry = new PushRegistry(_options.PushConnections, _options.PushConnectionsPerAddress);
        _budget = new PushBudget(_options.PushPendingBytes);
        metrics.ObservePush(() => _registry.Count);
        _time = time;
        _failures = new LogGate(time);
        _logger = logger;
    }

    /// <summary>The port as bound or as it will be bound again; 0 only before the first start.</summary>
    public int Port { get; private set; }

    Task IHostedService.StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedService.StopAsync(CancellationToken cancellationToken) => StopListeningAsync(cancellationToken);

    /// <summary>Opens the port; nothing happens when it is open.</summary>
    /// <exception cref="IOException">The port cannot be bound; the message names the port and its setting.</exception>
    public async Task StartListeningAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_listening is not null) return;
            var socket = Bind();
            var stop = new CancellationTokenSource();
            Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            _listening = new Listening(socket, stop, AcceptAsync(socket, stop.Token));
            LogListening(_options.PushAddress, Port);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Closes the port, answers what was read, closes the connections. Takes the limit (<see cref="StopLimit"/>) at most: a
    /// publish that the grid has not answered by then stays unanswered, which no sender may take for an ok.
    /// </summary>
    public async Task StopListeningAsync(CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_listening is not { } listening) return;
            _listening = null;
            await listening.Stop.CancelAsync();
            listening.Socket.Dispose();
            await listening.Accepting;
            try
            {
                await Task.WhenAll(_connections.Values).WaitAsync(limit ?? StopLimit, _time, cancellationToken);
            }
            catch (Exception e) when (e is TimeoutException or OperationCanceledException)
            {
                LogReset(_connections.Count);
                foreach (var socket in _connections.Keys) socket.Dispose();
            }

            listening.Stop.Dispose();
            LogStopped(Port);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        if (_listening is { } listening)
        {
            // The host disposes it twice: as a service and as a hosted one.
            _listening = null;
            listening.Stop.Cancel();
            listening.Socket.Dispose();
            listening.Stop.Dispose();
        }

        _gate.Dispose();
    }

    private Socket Bind()
    {
        var address = ListenAddress.Of(_options.PushAddress);
        // The port that the system gave the first time is kept: senders know it by now.
        var port = _options.PushPort != 0 ? _options.PushPort : Port;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(512);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            var why = e.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? "is in use by another program" : $"cannot be bound: {e.Message}";
            throw new IOException(
                $"The push port {port} on {_options.PushAddress} {why}. "
                + "Free it, or choose another with the setting NotifyHub:PushPort.",
                e);
        }
    }

    private async Task AcceptAsync(Socket listener, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(stop);
                if (OpenFiles.AreScarce(socket))
                {
                    // The rest is for operators and for the process itself.
                    _metrics.Refused(Refusal.PushOutOfFiles);
                    socket.Dispose();
                    continue;
                }

                // Started and entered before it can end, or an ended connection would stay in the list.
                var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _connections[socket] = TakeAsync(socket, IpAddresses.Text(socket.RemoteEndPoint), start.Task, stop);
                start.SetResult();
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of file descriptors, or a peer gone before it was accepted: the port must outlive both, without spinning.
                if (_failures.TryPass(out var suppressed)) LogAcceptFailed(e.Message, suppressed);
                await Task.Delay(TimeSpan.FromMilliseconds(100), _time, CancellationToken.None);
            }
        }
    }

    /// <summary>Serves or refuses a connection until its end; never throws.</summary>
    private async Task TakeAsync(Socket socket, string address, Task started, CancellationToken stop)
    {
        await started;
        var admission = _registry.TryAdd(address, isAuthorised: _options.PushKey.Length == 0, out var slot);
        if (slot is null)
        {
            await RefuseAsync(admission, async () =>
            {
                await TalkAsync(socket, stream =>
                    stream.WriteAsync(admission == Admission.Full ? Full : AddressFull, stop).AsTask(), stop);
                await CloseGracefullyAsync(socket, stop);
            });
        }
        else
        {
            using (slot)
            using (var giveUp = CancellationTokenSource.CreateLinkedTokenSource(stop, slot.ShedToken))
            {
                await TalkAsync(socket, stream => ServeAsync(stream, slot, stop), giveUp.Token);
                _registry.Remove(slot);
            }

            if (slot.IsShed) await RefuseAsync(slot.Shortage, () => CloseGracefullyAsync(socket, stop));
            else await CloseGracefullyAsync(socket, stop);
        }

        socket.Dispose();
        _connections.TryRemove(socket, out _);
    }

    /// <summary>Sends the reason to a connection beyond the limits and closes it. Beyond a number of concurrent refusals,
    /// connections are closed without an answer.</summary>
    private async Task RefuseAsync(Admission shortage, Func<Task> answer)
    {
        _metrics.Refused(shortage == Admission.Full ? Refusal.PushFull : Refusal.PushAddressFull);
        if (Interlocked.Increment(ref _refusing) <= MaxConcurrentRefusals) await answer();
        Interlocked.Decrement(ref _refusing);
    }

    private Task ServeAsync(Stream stream, PushRegistry.Slot slot, CancellationToken stop) =>
        new PushConnection(
            PipeReader.Create(stream, ReaderOptions), PipeWriter.Create(stream, WriterOptions), slot, _budget, _publish, _drafts,
                _metrics, _options, _time, _logger)
            .RunAsync(stop);

    /// <summary>Talks over the socket, by TLS where the port speaks it; never throws.</summary>
    /// <param name="giveUp">Ends the TLS handshake; <paramref name="talk"/> has ends of its own.</param>
    private async Task TalkAsync(Socket socket, Func<Stream, Task> talk, CancellationToken giveUp)
    {
        try
        {
            socket.NoDelay = true;
            await using var plain = new NetworkStream(socket, ownsSocket: false);
            await using var stream = _certificate is null ? plain : await _certificate.GuardAsync(plain, giveUp);
            await talk(stream);
            // Lets the peer distinguish an orderly end from a cut connection.
            if (stream is SslStream tls) await tls.ShutdownAsync().WaitAsync(_options.CloseGrace, _time, CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or AuthenticationException or SocketException or ObjectDisposedException
            or OperationCanceledException or TimeoutException)
        {
            LogEnded(e.Message);
        }
        catch (Exception e)
        {
            LogFailed(e);
        }
    }

    /// <summary>
    /// Ends sending and discards what the peer still sends. A socket closed with bytes unread resets the connection, and the
    /// reset may overtake the answers: a sender of an oversized line would never learn why it was cut off.
    /// </summary>
    private async Task CloseGracefullyAsync(Socket socket, CancellationToken stop)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
            await ReadAwayAsync(socket, stop);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            LogEnded(e.Message);
        }
    }

    private async Task ReadAwayAsync(Socket socket, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(_options.CloseGrace, _time);
        await using var stopped = stop.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), limit);
        var bytes = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(bytes.AsMemory(), SocketFlags.None, limit.Token) > 0)
            {
            }
        }
        catch (OperationCanceledException)
        {
            // A stop does not wait, but lines that have already arrived must still be read.
            while (stop.IsCancellationRequested && socket.Available > 0 && socket.Receive(bytes) > 0)
            {
            }
        }
    }

    private sealed record Listening(Socket Socket, CancellationTokenSource Stop, Task Accepting);

    [LoggerMessage(5101, LogLevel.Information, "Internal push listens on {Address}, port {Port}")]
    private partial void LogListening(string address, int port);

    [LoggerMessage(5102, LogLevel.Information, "Internal push stopped listening on port {Port}")]
    private partial void LogStopped(int port);

    [LoggerMessage(5103, LogLevel.Warning, "{Connections} push connections did not end in time and were reset")]
    private partial void LogReset(int connections);

    [LoggerMessage(5104, LogLevel.Warning,
        "A push connection could not be accepted: {Error} ({Suppressed} more since the last such line)")]
    private partial void LogAcceptFailed(string error, long suppressed);

    [LoggerMessage(5105, LogLevel.Debug, "A push connection ended: {Error}")]
    private partial void LogEnded(string error);

    [LoggerMessage(5106, LogLevel.Error, "A push connection failed")]
    private partial void LogFailed(Exception exception);
}
