using System.Net.Sockets;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// One connected client: a cursor in the log, a few answers waiting (<see cref="Outbox"/>), and the connection they go to.
/// Reading is <see cref="ClientReader"/>'s; every write is the sender's, so that control frames and log frames never mix inside a
/// frame.
/// </summary>
public sealed class Client
{
    internal const int NoShard = -1;

    // Each waits for the grid and holds what it carries meanwhile.
    private const int MaxRequests = 32;

    private static readonly TaskCompletionSource Done = MakeDone();

    private readonly Socket? _socket;
    private readonly Stream? _stream;
    private readonly Action? _abortStream;
    private readonly Socket? _carrier;
    private readonly ReadyList<Client> _queue;
    private readonly Outbox _outbox;
    private TaskCompletionSource? _flushed;
    private volatile ClientPrincipal _principal = ClientPrincipal.Anonymous;
    private volatile CloseReason? _closing;
    private volatile CloseReason? _ended;
    private volatile bool _sendFinished;
    private volatile bool _hasLeft;
    private ResumeRequests? _resumes;
    private HeldPage? _page;
    private long _pageSince;
    private long _sendingSince;
    private int _sendingCost;
    private long _receivingSince;
    private long _answered;
    private int _isReady;
    private int _requests;

    // The heartbeat's.
    private long _watchedSend;
    private long _progressAt;
    private ulong _acknowledged;

    /// <param name="number">Unique in this gateway.</param>
    /// <param name="opened">What its session's record begins with.</param>
    /// <param name="connection">Where it is.</param>
    /// <param name="queue">Of the sender that writes to it.</param>
    /// <param name="outboxBytes">Bound of the answers that wait.</param>
    /// <param name="memory">What they are counted in.</param>
    public Client(
        long number,
        SessionOpened opened,
        ClientConnection connection,
        ReadyList<Client> queue,
        int outboxBytes,
        ClientMemory memory)
    {
        Number = number;
        Opened = opened;
        (_socket, _stream, _abortStream, _carrier) = connection;
        _carrier ??= _socket;
        _queue = queue;
        _outbox = new Outbox(outboxBytes, memory);
        LastHeard = Environment.TickCount64;
        LastPinged = LastHeard;
    }

    public long Number { get; }

    public SessionOpened Opened { get; }

    /// <summary>The caller of its token or key: of the newest, after <see cref="TryBecome"/>.</summary>
    public ClientPrincipal Principal { get => _principal; init => _principal = value; }

    /// <summary>The client speaks <c>notifyhub.v1</c>.</summary>
    public bool IsEnveloped => Opened.Protocol.Length > 0;

    /// <summary>It has named channels, and gets the frames of clients that do.</summary>
    public bool UsesChannels { get; set; }

    /// <summary>What it is sent does not count as delivered.</summary>
    public bool IsObserver => Principal.IsObserver;

    // --- Owned by the sender's thread, as the slot of its cursor is ---

    /// <summary>The shard that it is in; <see cref="NoShard"/> before the sender has seen it and after its end.</summary>
    internal int ShardIndex { get; set; } = NoShard;

    internal int SlotIndex { get; set; }

    /// <summary>Messages of the log sent while it had a slot.</summary>
    internal long SentBefore { get; set; }

    /// <summary>What its slot writes to directly; -1: only <see cref="Send"/> knows how.</summary>
    internal int SocketNumber => DirectSocket.IsSupported && _socket is not null ? (int)_socket.Handle : -1;

    // --- For any thread ---

    /// <summary>Bytes of answers that wait.</summary>
    public int OutboxBytes => _outbox.Bytes;

    /// <summary>Answers wait and are to be taken before more is read.</summary>
    public bool IsOutboxFull => _outbox.IsFull;

    /// <summary>Its reader waits for the answers to be taken, or for memory; what the client sends meanwhile is not
    /// read.</summary>
    public bool IsReadingPaused { get; set; }

    /// <summary>The connection had enough, and the rest is sent as it takes more.</summary>
    public bool IsSending => Volatile.Read(ref _sendingSince) != 0;

    /// <summary>Bytes of a long message that is being received.</summary>
    public int ReceivingBytes { get; private set; }

    /// <summary>What it holds of the clients' memory, about.</summary>
    public long HeldBytes => OutboxBytes + ReceivingBytes + (Volatile.Read(ref _page)?.Bytes ?? 0);

    /// <summary>Milliseconds of <see cref="Environment.TickCount64"/> when something last arrived from the client.</summary>
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

    /// <param name="sentOfLog">Messages of the log that it was sent, as its sender has it.</param>
    internal LiveCounters Counters(long sentOfLog) =>
        new(Opened.ConnectionId, sentOfLog + Volatile.Read(ref _answered), Received, Errors, LastError, LastPingAt);

    public void CountError(string error)
    {
        Errors++;
        LastError = error;
    }

    /// <summary>Takes what a new token gave (<see cref="ClientAuthentication.RenewAsync"/>), for who the client was when it was
    /// verified. False: another token came in between, so this one may be of somebody else; to be verified again.</summary>
    public bool TryBecome(ClientPrincipal before, ClientPrincipal next) =>
        Interlocked.CompareExchange(ref _principal, next, before) == before;

    /// <summary>A request that waits for the grid begins. False: too many of this client do; nothing was counted.</summary>
    public bool TryBeginRequest()
    {
        if (Interlocked.Increment(ref _requests) <= MaxRequests) return true;
        EndRequest();
        return false;
    }

    public void EndRequest() => Interlocked.Decrement(ref _requests);

    /// <summary>Queues an answer.</summary>
    public void Answer(byte[] textFrame)
    {
        Interlocked.Increment(ref _answered);
        _queue.CountAnswer();
        Queue(textFrame);
    }

    /// <summary>Queues a control frame.</summary>
    public void Queue(byte[] frame)
    {
        if (Closing) return;
        _outbox.Add(frame);
        MarkReady();
    }

    /// <summary>Completes when answers can be queued again without passing their bound.</summary>
    public Task RoomAsync() => _outbox.RoomAsync();

    /// <summary>
    /// Queues answers and moves the cursor behind them, in one step as the sender sees it. A cursor on a page of history stays at
    /// its end; the page is notified when it gets there. Takes the place of a move that has not been carried out.
    /// </summary>
    /// <param name="frames">What the client is sent first.</param>
    /// <param name="cursor">Where it goes on from.</param>
    /// <param name="offset">The last offset before the cursor.</param>
    /// <param name="page">For a page of history; given up when nothing comes of the move.</param>
    public void MoveTo(byte[] frames, Cursor cursor, long offset, HeldPage? page = null)
    {
        if (!Closing && _outbox.TryMove(new Outbox.Move(frames, cursor, offset, page))) MarkReady();
        else page?.Release();
    }

    /// <summary>Where it wants to resume. Made by the first request: most clients never have one.</summary>
    internal ResumeRequests Resumes
    {
        get
        {
            if (_resumes is null) Interlocked.CompareExchange(ref _resumes, new ResumeRequests(), null);
            if (Ended) _resumes.End();
            return _resumes;
        }
    }

    /// <summary>The bytes held for a long message that is being received; 0: it is complete.</summary>
    public void SetReceiving(int bytes)
    {
        if (ReceivingBytes == 0) Volatile.Write(ref _receivingSince, Environment.TickCount64);
        if (bytes == 0) Volatile.Write(ref _receivingSince, 0);
        ReceivingBytes = bytes;
    }

    /// <summary>Since when it has held any memory that others may need; <paramref name="now"/> when it holds none.</summary>
    public long HeldSince(long now)
    {
        return Math.Min(Math.Min(Since(ref _pageSince), Since(ref _sendingSince)), Since(ref _receivingSince));

        long Since(ref long stamp) => Volatile.Read(ref stamp) is not 0 and var since ? since : now;
    }

    /// <summary>Milliseconds for which the peer has taken nothing of what is being sent. For the heartbeat alone.</summary>
    public long StalledFor(long now)
    {
        var send = Volatile.Read(ref _sendingSince);
        if (send == 0) return 0;
        var acknowledged = TcpProgress.Acknowledged(_carrier);
        if (send != _watchedSend || acknowledged != _acknowledged)
            (_watchedSend, _acknowledged, _progressAt) = (send, acknowledged, now);
        return now - _progressAt;
    }

    /// <summary>Queues a close frame behind the waiting answers; nothing follows it.</summary>
    public void Close(CloseReason reason) => Close(reason, ServerFrame.CloseFrame(reason.Code, reason.Text));

    /// <summary>Closes with ready frames, of which the last is the close frame (the echo of the client's own; or behind when to
    /// return).</summary>
    public void Close(CloseReason reason, byte[] frames)
    {
        if (Closing) return;
        // First: the heartbeat must not find a client that has been closing since 0.
        ClosingSince = Environment.TickCount64;
        if (Interlocked.CompareExchange(ref _closing, reason, null) is not null) return;
        // A client that does not read gets the close frame without the waiting answers.
        if (reason == CloseReason.TooSlow) _outbox.Clear();
        _outbox.AddLast(frames);
        MarkReady();
    }

    /// <summary>Signals the peer that nothing follows, while what it still sends can be read. A stream can only be ended as a
    /// whole.</summary>
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
        Volatile.Read(ref _resumes)?.End();
        MarkReady();
        return Reason;
    }

    /// <summary>The sender has to serve it: it is new, has answers to send, has become writable, is to be moved or has
    /// ended.</summary>
    private void MarkReady()
    {
        // Once in the queue, however much there is to do.
        if (Interlocked.Exchange(ref _isReady, 1) == 0) _queue.Add(this);
    }

    private static TaskCompletionSource MakeDone()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    /// <param name="discards">What the peer has not taken is thrown away and its connection reset: a peer that does not read
    /// would otherwise have the system keep it for minutes.</param>
    private bool TryEnd(CloseReason reason, bool discards = false)
    {
        if (Interlocked.CompareExchange(ref _ended, _closing ?? reason, null) is not null) return false;
        SetFlushed();
        // A reader that waits for room goes on, and finds the end.
        _outbox.Clear();
        _stream?.Dispose();
        try
        {
            // Ends reads and writes. The socket itself is the sender's to close: its number must not be given to another before
            // that.
            if (discards && _socket is not null) _socket.LingerState = new LingerOption(true, 0);
            _socket?.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer was first.
        }

        MarkReady();
        return true;
    }

    // --- For the sender ---

    /// <summary>Some of its answers were not sent yet: it is served again after the others.</summary>
    internal void QueueAgain() => MarkReady();

    /// <summary>It has left the queue: what happens from here on puts it there again.</summary>
    internal void UnmarkReady() => Interlocked.Exchange(ref _isReady, 0);

    internal bool HasAnswers => _outbox.HasMore;

    internal bool TryTakeAnswers(byte[] joined, out Outbox.Outgoing next) => _outbox.TryTake(joined, out next);

    /// <summary>The connection has taken answers, or has the rest of them in the background.</summary>
    internal void SetSent(int cost, bool isInBackground)
    {
        if (isInBackground) _sendingCost += cost;
        else _outbox.SetSent(cost);
    }

    /// <summary>The cursor is on a page of history now, or, with null, on the live log or nowhere.</summary>
    internal void BeginPage(HeldPage? page)
    {
        _page?.Release();
        Volatile.Write(ref _page, page);
        Volatile.Write(ref _pageSince, page is null ? 0 : Environment.TickCount64);
    }

    internal void FinishPage()
    {
        _page?.SetSent();
        BeginPage(null);
    }

    internal void SetFlushed() => Interlocked.CompareExchange(ref _flushed, Done, null)?.TrySetResult();

    /// <summary>The background send is over: the sender may go on.</summary>
    internal bool TakeSendFinished()
    {
        if (!_sendFinished) return false;
        _sendFinished = false;
        FreeSent();
        return true;
    }

    /// <summary>Bytes that the connection took at once: none of a stream's, which may be late, and none when it is full or
    /// broken.</summary>
    internal int Send(ReadOnlySpan<byte> bytes) => _socket?.Send(bytes, SocketFlags.None, out _) ?? 0;

    /// <summary>Hands the rest to the system, which goes on when the connection takes more; only then is the client ready
    /// again.</summary>
    internal void SendInBackground(ReadOnlyMemory<byte> rest, bool isLast)
    {
        Volatile.Write(ref _sendingSince, Environment.TickCount64);
        _ = SendInBackgroundAsync(rest, isLast);
    }

    /// <summary>No slot has the socket's number any more: it is closed, and not on the sender's time. What it held is given
    /// back.</summary>
    internal void Release()
    {
        _outbox.Clear();
        FreeSent();
        BeginPage(null);
        if (_socket is not null)
            ThreadPool.UnsafeQueueUserWorkItem(static socket => socket.Dispose(), _socket, preferLocal: false);
    }

    private void FreeSent()
    {
        _outbox.SetSent(_sendingCost);
        _sendingCost = 0;
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
            Volatile.Write(ref _sendingSince, 0);
            _sendFinished = true;
            MarkReady();
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException
            or OperationCanceledException)
        {
            // Every way a connection can end while bytes are in transit; its reader notices and cleans up.
            Abort(CloseReason.Lost);
        }
    }
}
