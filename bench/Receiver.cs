using System.Net;
using System.Runtime.InteropServices;

namespace NotifyHub.Bench;

/// <summary>
/// A thread that opens its share of the connections and reads from all of them with one epoll and one receive buffer. Commands
/// from other threads are flags that the loop checks at least every <see cref="TickMilliseconds"/>.
/// </summary>
internal sealed unsafe class Receiver : IDisposable
{
    private const int TickMilliseconds = 10;

    // What one client can keep; for SignalR an unfinished record and an unfinished frame.
    private const int RestBytes = 2 * ServerFrame.MaxBytes;

    // Slightly more than the buffer of a socket; larger reads would only evict the CPU cache.
    private const int ReadBytes = 256 << 10;
    private const int SlowReceiveBuffer = 4096;

    // Half of Kestrel's default listen backlog. Beyond the backlog SYNs are dropped and retried after a second.
    private const int MaxOpening = 256;

    private static readonly byte[] CloseFrame = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8];

    private readonly BenchOptions _options;
    private readonly SocketAddress _target;
    private readonly SocketAddress[] _sources;
    private readonly byte[] _request;
    private readonly bool _v1, _signalR;
    private readonly Incoming _incoming;
    private readonly Epoll _epoll = new();
    private readonly byte* _buffer = (byte*)NativeMemory.Alloc(RestBytes + ReadBytes);
    private readonly Client[] _clients;
    private readonly Queue<int> _toOpen;
    private readonly Thread _thread;
    private readonly Dictionary<string, int> _failures = [];

    private long _openFrom = Clock.Now;
    private long _opened;
    private bool _leaving;
    private int _opening, _open, _resumed, _endedReaders, _endedSlow;
    private volatile int _drop;
    private volatile bool _closeRequested, _stop;

    public Receiver(BenchOptions options, IPEndPoint target, SocketAddress[] sources, int clients, int slow, long run)
    {
        _options = options;
        _target = target.Serialize();
        _sources = sources;
        _v1 = options.Protocol == BenchProtocol.V1;
        _signalR = options.Protocol == BenchProtocol.SignalR;
        _request = Handshake.Request(options.Url, _v1, since: null);
        Deliveries = new Deliveries(run, options.Size, options.RequestOrder);
        _incoming = new Incoming(Deliveries, options);
        _clients = new Client[clients];
        for (var i = 0; i < clients; i++) _clients[i] = new Client { Slow = i < slow, Offset = -1 };
        _toOpen = new Queue<int>(Enumerable.Range(0, clients));
        _thread = new Thread(Loop) { Name = "receiver", IsBackground = true };
    }

    public Deliveries Deliveries { get; }

    /// <summary>Connections that are upgraded and not closed.</summary>
    public int Open => Volatile.Read(ref _open);

    public int Resumed => Volatile.Read(ref _resumed);

    /// <summary>Connections that are still to be opened or being opened.</summary>
    public int Pending => Volatile.Read(ref _opening) + _toOpen.Count;

    public int EndedReaders => Volatile.Read(ref _endedReaders);

    public int EndedSlow => Volatile.Read(ref _endedSlow);

    /// <summary>
    /// Why connections failed to open, and how many. Read it after <see cref="Stop"/> or when nothing is pending.
    /// </summary>
    public IReadOnlyDictionary<string, int> Failures => _failures;

    /// <summary>The exception that ended the thread.</summary>
    public Exception? Fault { get; private set; }

    public void Start()
    {
        _openFrom = Clock.Now;
        _thread.Start();
    }

    /// <summary>Disconnects this share of the reading clients and lets them resume with <c>since</c>.</summary>
    public void Drop(int percent) => _drop = percent;

    /// <summary>
    /// Reading clients that are open or reconnecting and have not received everything below <paramref name="next"/>.
    /// </summary>
    /// <param name="refused">
    /// Messages that no client can receive. When requests may overtake each other, only missing messages beyond this number are
    /// still to come.
    /// </param>
    public int Behind(long next, int refused)
    {
        var behind = 0;
        foreach (ref readonly var client in _clients.AsSpan())
        {
            if (client.Slow || client.Phase == ClientPhase.Ended) continue;
            if (client.Expected < next || (_options.RequestOrder > 0 && client.Missed > refused)) behind++;
        }
        return behind;
    }

    /// <summary>The message that the slowest reading client waits for; <see cref="long.MaxValue"/> if no client reads.</summary>
    public long Slowest()
    {
        var slowest = long.MaxValue;
        foreach (ref readonly var client in _clients.AsSpan())
        {
            if (!client.Slow && client.Phase != ClientPhase.Ended) slowest = Math.Min(slowest, client.Expected);
        }
        return slowest;
    }

    /// <summary>Messages below <paramref name="next"/> that reading clients still miss.</summary>
    public long Undelivered(long next)
    {
        long lacking = 0;
        foreach (ref readonly var client in _clients.AsSpan())
        {
            if (!client.Slow && client.Phase != ClientPhase.Ended) lacking += Math.Max(0, next - client.Expected);
        }
        return lacking;
    }

    /// <summary>Closes every connection with 1000; the server answers and closes.</summary>
    public void RequestClose() => _closeRequested = true;

    public void Stop()
    {
        _stop = true;
        if (_thread.IsAlive) _thread.Join();
    }

    public void Dispose()
    {
        Stop();
        foreach (ref var client in _clients.AsSpan())
        {
            if (client.Phase is ClientPhase.Connecting or ClientPhase.Upgrading or ClientPhase.Open)
                _ = RawSocket.Close(client.Socket);
        }
        _epoll.Dispose();
        NativeMemory.Free(_buffer);
    }

    private void Loop()
    {
        try
        {
            while (!_stop)
            {
                var wait = OpenDue();
                var events = _epoll.Wait(wait);
                for (var i = 0; i < events; i++)
                {
                    var id = _epoll.Event(i);
                    Serve(id, ref _clients[id]);
                }
                if (_drop > 0) DropShare();
                if (_closeRequested && !_leaving) CloseAll();
            }
        }
        catch (Exception e)
        {
            Fault = e;
        }
    }

    /// <summary>Opens the connections that are due. Returns how long the loop may wait, in milliseconds.</summary>
    private int OpenDue()
    {
        while (_toOpen.Count > 0 && _opening < MaxOpening)
        {
            if (_options.ConnectRate > 0)
            {
                var due = _openFrom + (long)(_opened * 1e6 * _options.Threads / _options.ConnectRate);
                var early = due - Clock.Now;
                if (early > 0) return (int)Math.Clamp(early / 1000, 1, TickMilliseconds);
            }
            Connect(_toOpen.Peek());
            // Removed only now: between the two counts a connection must not look as if it were not pending.
            _toOpen.Dequeue();
            _opened++;
        }
        return TickMilliseconds;
    }

    private void Connect(int id)
    {
        ref var client = ref _clients[id];
        try
        {
            var source = _sources.Length == 0 ? null : _sources[id % _sources.Length];
            client.Socket = RawSocket.Connect(_target, source, client.Slow ? SlowReceiveBuffer : 0);
        }
        catch (IOException e)
        {
            Failed(ref client, e.Message);
            return;
        }
        client.Phase = ClientPhase.Connecting;
        _opening++;
        _epoll.Add(client.Socket, Epoll.Out, id);
    }

    private void Serve(int id, ref Client client)
    {
        if (client.Phase == ClientPhase.Connecting) Upgrade(id, ref client);
        // One read per event is enough: epoll is level-triggered and reports the rest again.
        else if (client.Phase is ClientPhase.Upgrading or ClientPhase.Open) Read(id, ref client);
    }

    private void Upgrade(int id, ref Client client)
    {
        var error = RawSocket.ConnectError(client.Socket);
        var request = client.Resumed ? Handshake.Request(_options.Url, _v1, client.Offset) : _request;
        if (error != 0 || !RawSocket.Send(client.Socket, request))
        {
            Abandon(ref client, Marshal.GetPInvokeErrorMessage(error == 0 ? RawSocket.LastErrno : error));
            return;
        }
        client.Phase = ClientPhase.Upgrading;
        _epoll.Change(client.Socket, Epoll.In, id);
    }

    private void Read(int id, ref Client client)
    {
        var rest = client.TakeRest(new Span<byte>(_buffer, RestBytes));
        var received = RawSocket.Receive(client.Socket, _buffer + rest, ReadBytes);
        if (received <= 0)
        {
            if (received < 0 && RawSocket.LastErrno == RawSocket.WouldBlock)
                client.KeepRest(new ReadOnlySpan<byte>(_buffer, rest));
            else if (client.Phase == ClientPhase.Upgrading)
                Abandon(ref client, "closed during the upgrade");
            else
                Ended(ref client, 1006);
            return;
        }

        var bytes = new Span<byte>(_buffer, rest + received);
        if (client.Phase == ClientPhase.Upgrading)
        {
            if (!TryOpen(id, ref client, bytes, out var head)) return;
            bytes = bytes[head..];
        }
        if (_incoming.Take(ref client, bytes) is { } closeCode) Ended(ref client, closeCode);
    }

    /// <summary>Reads what a server sends before its first message; false if that is incomplete or a refusal.</summary>
    private bool TryOpen(int id, ref Client client, ReadOnlySpan<byte> bytes, out int head)
    {
        var refusal = "no SignalR hub";
        var status = client.Greeted ? SignalR.ReadWelcome(bytes, out head) : Handshake.Read(bytes, out head, out refusal);
        if (status == FrameStatus.Invalid)
        {
            Abandon(ref client, refusal);
            return false;
        }
        if (status == FrameStatus.Complete && _signalR && !client.Greeted)
        {
            // The server sends nothing more before it has received this.
            client.Greeted = RawSocket.Send(client.Socket, SignalR.Hello);
            return false;
        }
        if (status == FrameStatus.NeedMore) client.KeepRest(bytes);
        else Opened(id, ref client);
        return status == FrameStatus.Complete;
    }

    private void Opened(int id, ref Client client)
    {
        client.Phase = ClientPhase.Open;
        client.OpenedAt = Clock.Now;
        _opening--;
        _open++;
        if (client.Resumed) _resumed++;
        // For a slow client only the end is reported; the last bytes it received hold the close code.
        if (client.Slow) _epoll.Change(client.Socket, Epoll.PeerClosed, id);
    }

    private void Abandon(ref Client client, string why)
    {
        _ = RawSocket.Close(client.Socket);
        _opening--;
        Failed(ref client, why);
    }

    private void Failed(ref Client client, string why)
    {
        client.Phase = ClientPhase.Ended;
        _failures[why] = _failures.GetValueOrDefault(why) + 1;
    }

    private void Ended(ref Client client, int code)
    {
        _ = RawSocket.Close(client.Socket);
        client.Phase = ClientPhase.Ended;
        _open--;
        if (_leaving) return;
        Deliveries.Closed(code);
        if (client.Slow) _endedSlow++;
        else _endedReaders++;
    }

    private void DropShare()
    {
        var percent = _drop;
        _drop = 0;
        _openFrom = Clock.Now;
        _opened = 0;
        for (var i = 0; i < _clients.Length; i++)
        {
            ref var client = ref _clients[i];
            var chosen = (i + 1) * percent / 100 > i * percent / 100;
            if (!chosen || client.Slow || client.Phase != ClientPhase.Open) continue;
            _ = RawSocket.Close(client.Socket);
            client.TakeRest(new Span<byte>(_buffer, RestBytes));
            client.Phase = ClientPhase.New;
            client.Resumed = true;
            _open--;
            _toOpen.Enqueue(i);
        }
    }

    private void CloseAll()
    {
        _leaving = true;
        _toOpen.Clear();
        foreach (ref readonly var client in _clients.AsSpan())
        {
            if (client.Phase == ClientPhase.Open) RawSocket.Send(client.Socket, CloseFrame);
        }
    }
}
