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
    private CancellationTokenSource? _subscribing;
    private TaskCompletionSource? _pageFinished;
    private long _sentThrough;
    private long _sent;
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

    /// <summary>The client speaks <c>notifyhub.v1</c>.</summary>
    public bool IsEnveloped => Opened.Protocol.Length > 0;

    // --- Owned by the sender's thread ---

    internal Sender.Lane? Lane { get; set; }

    internal int LaneIndex { get; set; }

    /// <summary>Nothing is being sent in the background: the sender may write.</summary>
    internal bool Idle { get; set; } = true;

    /// <summary>Its connection had enough in the middle of the log, and has not taken the rest yet.</summary>
    internal bool Straggles { get; set; }

    /// <summary>The last offset that it was sent as a whole.</summary>
    internal long SentThrough => _sentThrough;

    /// <summary>Where its cursor stands; null until it is subscribed.</summary>
    internal Segment? Segment { get; private set; }

    internal int Position { get; private set; }

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
        Opened.ConnectionId, Volatile.Read(ref _sent) + Volatile.Read(ref _answered), Received, Errors, LastError, LastPingAt);

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

    /// <summary>Closes with a ready frame (the echo of the client's own).</summary>
    public void Close(CloseReason reason, byte[] frame)
    {
        if (Closing) return;
        // First: the heartbeat must not find a client that has been closing since 0.
        ClosingSince = Environment.TickCount64;
        if (Interlocked.CompareExchange(ref _closing, reason, null) is not null) return;
        _outbox.AddLast(frame);
        _sender.Ready(this);
    }

    /// <summary>Tells the peer that nothing follows, while what it still sends can be read. A stream can only be ended as a whole.</summary>
    public void EndSending() => _socket?.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection at once; its reader notices and cleans up.</summary>
    public void Abort(CloseReason reason)
    {
        if (TryEnd(reason)) _abortStream?.Invoke();
    }

    /// <summary>The reader's last word. Answers the reason to record.</summary>
    public CloseReason End()
    {
        TryEnd(CloseReason.Lost);
        Interlocked.Exchange(ref _subscribing, null)?.Cancel();
        _sender.Ready(this);
        return Reason;
    }

    private void SetFlushed() => Interlocked.CompareExchange(ref _flushed, Done, null)?.TrySetResult();

    private static TaskCompletionSource MakeDone()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    private bool TryEnd(CloseReason reason)
    {
        if (Interlocked.CompareExchange(ref _ended, _closing ?? reason, null) is not null) return false;
        SetFlushed();
        _socket?.Dispose();
        _stream?.Dispose();
        return true;
    }

    /// <summary>How many bytes of the live log it has yet to get; 0 while it reads pages of history, which are handed out one by one.</summary>
    internal long Lag(LogHead head) => Segment is { IsPage: false } segment ? head.Bytes - (segment.Start + Position) : 0;

    internal void EnterSegment(Segment next) => (Segment, Position) = (next, 0);

    /// <summary>It gets nothing more of the log, and so keeps none of it alive.</summary>
    internal void LeaveLog() => Segment = null;

    /// <summary>The cursor is at the head; answers how many messages that were.</summary>
    internal long ReachedOffset(long offset)
    {
        var count = offset - _sentThrough;
        _sentThrough = offset;
        Volatile.Write(ref _sent, _sent + count);
        return count;
    }

    /// <summary>The page of history is sent; answers how many messages it had.</summary>
    internal long FinishedPage()
    {
        var count = ReachedOffset(Segment!.LastOffset);
        Segment = null;
        _pageFinished?.TrySetResult();
        return count;
    }

    /// <summary>The background send is over: the sender may go on.</summary>
    internal bool TakeSendFinished()
    {
        if (!_sendFinished) return false;
        _sendFinished = false;
        return true;
    }

    /// <summary>Sends the waiting answers and takes over a new cursor. False: the connection has had enough for now, or is through.</summary>
    internal bool TrySendOutbox()
    {
        while (_outbox.TryTake(out var frames, out var move, out var isLast))
        {
            if (move is { } to)
            {
                (Segment, Position) = (to.Cursor.Segment, to.Cursor.Position);
                _sentThrough = to.Offset;
                _pageFinished = to.PageFinished;
            }

            if (isLast) Segment = null;
            if (frames.Length > 0 && !TrySend(frames, isLast)) return false;
            if (isLast)
            {
                SetFlushed();
                return false;
            }
        }

        return true;
    }

    /// <summary>Sends the log from the cursor to <paramref name="end"/>. False: the rest goes in the background.</summary>
    internal bool TrySendLog(Segment segment, int end)
    {
        var rest = segment.Buffer.AsMemory(Position, end - Position);
        // What is sent in the background counts as passed already: the cursor is not looked at again before it is done.
        Position = end;
        return TrySend(rest, isLast: false);
    }

    private bool TrySend(ReadOnlyMemory<byte> bytes, bool isLast)
    {
        var sent = 0;
        if (_socket is not null)
        {
            sent = _socket.Send(bytes.Span, SocketFlags.None, out var error);
            if (error == SocketError.Success && sent == bytes.Length) return true;
            if (error is not (SocketError.Success or SocketError.WouldBlock))
            {
                Abort(CloseReason.Lost);
                return false;
            }
        }

        Idle = false;
        _ = SendInBackgroundAsync(bytes[Math.Max(sent, 0)..], isLast);
        return false;
    }

    /// <summary>Hands the rest to the system, which goes on when the connection takes more; only then is the client ready again.</summary>
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
