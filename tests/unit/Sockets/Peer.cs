using System.Net.Sockets;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;

namespace NotifyHub.UnitTests.Sockets;

/// <summary>A client of the gateway together with the remote end of its connection, which reads unless it is paused.</summary>
internal sealed class Peer : IDisposable
{
    private static long _lastNumber;

    private readonly Sender _sender;
    private readonly SocketPair _pair;
    private readonly MemoryStream _received = new();
    private readonly Task _reading;
    private volatile TaskCompletionSource _mayRead = Open();
    private volatile bool _isOver;

    public Peer(
        Sender sender, bool v1, bool overStream = false, int bufferBytes = 0,
        int outboxBytes = 64 << 10, ClientMemory? memory = null)
    {
        _sender = sender;
        _pair = SocketPair.Connect(bufferBytes);
        var opened = new SessionOpened(
            $"c{Interlocked.Increment(ref _lastNumber)}", "", "", v1 ? Handshake.V1 : "", DateTimeOffset.UnixEpoch);
        var connection = overStream
            ? new ClientConnection(null, new LateStream(_pair.Server))
            : new ClientConnection(_pair.Server, null);
        Client = new Client(
            _lastNumber, opened, connection, sender.Queue, outboxBytes, memory ?? new ClientMemory(1 << 30, TimeProvider.System));
        _reading = Task.Run(ReadAsync);
    }

    public Client Client { get; }

    public LiveCounters Counters => _sender.CountersOf(Client);

    public Socket Server => _pair.Server;

    public Socket Socket => _pair.Peer;

    /// <summary>All complete frames received.</summary>
    public List<WireFrame> Frames()
    {
        lock (_received) return WireFrames.Read(_received.GetBuffer().AsSpan(0, (int)_received.Length), out _);
    }

    /// <summary>The number of bytes received after the last complete frame.</summary>
    public int Rest()
    {
        lock (_received)
        {
            WireFrames.Read(_received.GetBuffer().AsSpan(0, (int)_received.Length), out var left);
            return left;
        }
    }

    /// <summary>The numbers of the messages received: <c>n</c> of the text frames.</summary>
    public List<long> Numbers() =>
    [
        .. Frames().Where(frame => frame.Opcode == 1).Select(frame => frame.Json)
            .Select(json => json.TryGetProperty("data", out var data) ? data : json)
            .Where(json => json.TryGetProperty("n", out _)).Select(json => json.GetProperty("n").GetInt64()),
    ];

    /// <summary>Whether the server has closed or the connection is broken.</summary>
    public bool IsOver => _isOver;

    public void Pause()
    {
        if (_mayRead.Task.IsCompleted) _mayRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Resume() => _mayRead.TrySetResult();

    public Task UntilAsync(Func<List<WireFrame>, bool> condition) => Until.TrueAsync(
        () => condition(Frames()),
        () => string.Join('\n', Frames().Select(frame => frame.Text[..Math.Min(frame.Text.Length, 100)])));

    public void Dispose()
    {
        Resume();
        Client.End();
        // The sender closes the server's end.
        _pair.Peer.Dispose();
        _reading.GetAwaiter().GetResult();
    }

    private static TaskCompletionSource Open()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (true)
            {
                await _mayRead.Task;
                var count = await _pair.Peer.ReceiveAsync(buffer);
                if (count == 0) break;
                lock (_received) _received.Write(buffer, 0, count);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test or the server ended the connection.
        }

        _isOver = true;
    }

    /// <summary>A connection like one over TLS: writes complete late and go out in pieces.</summary>
    private sealed class LateStream(Socket socket) : NetworkStream(Blocking(socket), ownsSocket: true)
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            for (; buffer.Length > 0; buffer = buffer[Math.Min(buffer.Length, 5_000)..])
            {
                await Task.Yield();
                await base.WriteAsync(buffer[..Math.Min(buffer.Length, 5_000)], cancellationToken);
            }
        }

        private static Socket Blocking(Socket socket)
        {
            socket.Blocking = true;
            return socket;
        }
    }
}
