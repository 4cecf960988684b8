using System.Net.Sockets;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// One connected client: a cursor in the log, a few answers waiting (<see cref="Outbox"/>), and the connection they go to. Reading is
/// <see cref="ClientReader"/>'s; every write is the sender's, so that control frames and log frames never mix inside a frame.
/// </summary>
public sealed class Client
{
    private static readonly TaskCompletionSource Done = MakeDone();

    private readonly Socket? _socket;
    private readonly Stream? _stream;
    private readonly Action? _abortStream;
    private readonly Sender _sender;
    private readonly Outbox _outbox;
    private TaskCompletionSource? _flushed;
    private volatile CloseReason? _closing;
    private volatile CloseReason? _ended;
    private volatile bool _sendFinished;
    private volatile bool _hasLeft;
    private CancellationTokenSource? _subscribing;
    private TaskCompletionSource? _pageFinished;
    private long _answered;

    /// <param name="number">Unique in this gateway.</param>
    /// <param name="opened">What its session's record begins with.</param>
    /// <param name="connection">Where it is.</param>
    /// <param name="sender">The thread that will write to it.</param>
    /// <param name="outboxBytes">Bound of the answers that wait.</param>
    public Client(long number, SessionOpened opened, ClientConnection connection, Sender sender, int outboxBytes)
    {
        Number = number;
        Opened = opened;
        (_socket, _stream, _abortStream) = connection;
        _sender = sender;
        _outbox = new Outbox(outboxBytes);
        LastHeard = Environment.TickCount64;
        LastPinged = LastHeard;
    }

    public long Number { get; }

    public SessionOpened Opened { get; }

    /// <summary>What let it in.</summary>
    public SocketPass Pass { get; init; } = SocketPass.Nobody;

    /// <summary>The client speaks <c>notifyhub.v1</c>.</summary>
    public bool IsEnveloped => Opened.Protocol.Length > 0;

    /// <summary>What it is sent does not count as delivered.</summary>
    public bool Observes => Pass.Observes;

    // --- Owned by the sender's thread, as its seat is, where the cursor stands ---

    internal Lane? Lane { get; set; }

    internal int SeatIndex { get; set; }

    /// <summary>Messages of the log sent while it had a seat.</summary>
    internal long SentBefore { get; set; }

    /// <summary>What a seat writes to directly; -1: only <see cref="Send"/> knows how.</summary>
    internal int SocketNumber => DirectSocket.IsSupported && _socket is not null ? (int)_socket.Handle : -1;

    // --- For any thread ---

    /// <summary>Bytes of answers that wait.</summary>
    public int OutboxBytes => _outbox.Bytes;

    /// <summary>Milliseconds of <see cref="Environment.TickCount64"/> when the client was last heard of.</summary>
    public long LastHeard { get; set; }

    public long LastPinged { get; set; }

    public DateTimeOffset? LastPingAt { get; set; }

    public long Received { get; set; }

    public int Errors { get; private set; }

    public string? LastError { get; private set; }

    /// <summary>A close frame was queued; nothing of the log follows it.</summary>
    public bool Closing => _closing is not null;

    /// <summary>When the close frame was queued, in <see cref="Environment.TickCount64"/>; 0 before.</summary>
    public long ClosingSince { get; private set; }

    public bool Ended => _ended is not null;

    /// <summary>It is in no list any more, and its end waits for the next session report.</summary>
    public bool HasLeft { get => _hasLeft; set => _hasLeft = value; }

    /// <summary>Why it ended, or is about to.</summary>
    public CloseReason Reason => _ended ?? _closing ?? CloseReason.Lost;

    /// <summary>Completes when the close frame is with the system, or the connection is over.</summary>
    public Task Flushed
    {
        get
        {
            // Made by who waits for it: ten thousand idle clients have none.
            var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref _flushed, mine, null) ?? mine).Task;
        }
    }

    public LiveCounters Counters() => new(
        Opened.ConnectionId, (Lane?.SentTo(this) ?? SentBefore) + Volatile.Read(ref _answered), Received, Errors, LastError, LastPingAt);

    /// <summary>Bytes of the live log that it has yet to be sent.</summary>
    public long Lag(LogHead head) => Lane?.LagOf(this, head) ?? 0;

    public void CountError(string error)
    {
        Errors++;
        LastError = error;
    }

    /// <summary>Queues an answer. A client that lets too many wait is too slow.</summary>
    public void Answer(byte[] textFrame)
    {
        Interlocked.Increment(ref _answered);
        _sender.CountAnswer();
        Queue(textFrame);
    }

    /// <summary>Queues a control frame.</summary>
    public void Queue(byte[] frame)
    {
        if (Closing) return;
        if (_outbox.TryAdd(frame)) _sender.Ready(this);
        else Close(CloseReason.TooSlow);
    }

    /// <summary>
    /// Queues answers and moves the cursor behind them, in one step as the sender sees it. A cursor on a page of history stays at its end;
    /// the source is completed when it gets there.
    /// </summary>
    /// <param name="frames">What the client is told first.</param>
    /// <param name="cursor">Where it goes on from.</param>
    /// <param name="offset">The last offset before the cursor.</param>
    /// <param name="pageFinished">For a page of history.</param>
    /// <param name="subscription">Whose move it is; one that is over moves nothing.</param>
    public void MoveTo(
        byte[] frames, Cursor cursor, long offset, TaskCompletionSource? pageFinished = null, CancellationToken subscription = default)
    {
        if (Closing) return;
        bool fits;
        lock (_outbox)
        {
            // Together with the move: a subscription that was overtaken between the two would put the cursor back to where nobody leads it on.
            subscription.ThrowIfCancellationRequested();
            fits = _outbox.TryMove(frames, new Outbox.Move(cursor, offset, pageFinished));
        }

        if (fits) _sender.Ready(this);
        else Close(CloseReason.TooSlow);
    }

    /// <summary>A new subscription takes the place of one that is still under way.</summary>
    public CancellationToken BeginSubscription()
    {
        var begun = new CancellationTokenSource();
        lock (_outbox) Interlocked.Exchange(ref _subscribing, begun)?.Cancel();
        if (Ended) begun.Cancel();
        return begun.Token;
    }

    /// <summary>Says goodbye: a close frame behind the answers that wait, then nothing more.</summary>
    public void Close(CloseReason reason) => Close(reason, ServerFrame.CloseFrame(reason.Code, reason.Text));

    /// <summary>Closes with ready frames, of which the last is the close frame (the echo of the client's own; or behind when to return).</summary>
    public void Close(CloseReason reason, byte[] frames)
    {
        if (Closing) return;
        // First: the heartbeat must not find a client that has been closing since 0.
        ClosingSince = Environment.TickCount64;
        if (Interlocked.CompareExchange(ref _closing, reason, null) is not null) return;
        _outbox.AddLast(frames);
        _sender.Ready(this);
    }

    /// <summary>Tells the peer that nothing follows, while what it still sends can be read. A stream can only be ended as a whole.</summary>
    public void EndSending() => _socket?.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection at once; its reader notices and cleans up.</summary>
    public void Abort(CloseReason reason)
    {
        if (TryEnd(reason, discards: true)) _abortStream?.Invoke();
    }

    /// <summary>The reader's last word. Answers the reason to record.</summary>
    public CloseReason End()
    {
        TryEnd(CloseReason.Lost);
        Interlocked.Exchange(ref _subscribing, null)?.Cancel();
        _sender.Ready(this);
        return Reason;
    }

    private static TaskCompletionSource MakeDone()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    /// <param name="discards">What the peer has not taken is thrown away and its connection reset: a peer that does not read would otherwise have
    /// the system keep it for minutes.</param>
    private bool TryEnd(CloseReason reason, bool discards = false)
    {
        if (Interlocked.CompareExchange(ref _ended, _closing ?? reason, null) is not null) return false;
        SetFlushed();
        _stream?.Dispose();
        try
        {
            // Ends reads and writes. The socket itself is the sender's to close: its number must not be given to another before that.
            if (discards && _socket is not null) _socket.LingerState = new LingerOption(true, 0);
            _socket?.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer was first.
        }

        _sender.Ready(this);
        return true;
    }

    // --- For the sender ---

    internal bool TryTakeAnswer(out byte[] frames, out Outbox.Move? move, out bool isLast) => _outbox.TryTake(out frames, out move, out isLast);

    /// <summary>The cursor is on a page of history now, or, with null, on the live log.</summary>
    internal void BeginPage(TaskCompletionSource? finished) => _pageFinished = finished;

    internal void FinishPage() => _pageFinished?.TrySetResult();

    internal void SetFlushed() => Interlocked.CompareExchange(ref _flushed, Done, null)?.TrySetResult();

    /// <summary>The background send is over: the sender may go on.</summary>
    internal bool TakeSendFinished()
    {
        if (!_sendFinished) return false;
        _sendFinished = false;
        return true;
    }

    /// <summary>Bytes that the connection took at once: none of a stream's, which may be late, and none when it is full or broken.</summary>
    internal int Send(ReadOnlySpan<byte> bytes) => _socket?.Send(bytes, SocketFlags.None, out _) ?? 0;

    /// <summary>Hands the rest to the system, which goes on when the connection takes more; only then is the client ready again.</summary>
    internal void SendInBackground(ReadOnlyMemory<byte> rest, bool isLast) => _ = SendInBackgroundAsync(rest, isLast);

    /// <summary>No seat has the socket's number any more: it is closed, and not on the sender's time.</summary>
    internal void Release()
    {
        if (_socket is not null) ThreadPool.UnsafeQueueUserWorkItem(static socket => socket.Dispose(), _socket, preferLocal: false);
    }

    private async Task SendInBackgroundAsync(ReadOnlyMemory<byte> rest, bool isLast)
    {
        try
        {
            if (_stream is not null) await _stream.WriteAsync(rest);
            else
            {
                while (rest.Length > 0) rest = rest[await _socket!.SendAsync(rest, SocketFlags.None)..];
            }

            if (isLast) SetFlushed();
            _sendFinished = true;
            _sender.Ready(this);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // Every way a connection can end while bytes are under way; its reader notices and cleans up.
            Abort(CloseReason.Lost);
        }
    }
}

/// <summary>One of the two: the plain socket, written directly, or a stream (TLS, or a request that came through the HTTP server).</summary>
/// <param name="Socket">Non-blocking.</param>
/// <param name="Stream">The stream, and</param>
/// <param name="Abort">what ends it at once: disposing the HTTP server's stream leaves a read waiting for a peer that is gone.</param>
public readonly record struct ClientConnection(Socket? Socket, Stream? Stream, Action? Abort = null);
