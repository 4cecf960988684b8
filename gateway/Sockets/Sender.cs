using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// One thread that owns a share of the clients and is the only one to write to their connections. Whenever the log grows it takes
/// every client whose cursor is behind and sends the whole contiguous rest in one call. A socket that would block is left to the
/// system until it has taken what was pending; nothing waits. Past the backlog limit its client is evicted. Answers and the
/// log take turns: a pass serves each client once that was in the queue when it began, then comes the log.
/// </summary>
public sealed partial class Sender : ISenderLink, IDisposable
{
    /// <summary>How much of a client's answers goes out in one turn.</summary>
    internal const int TurnBytes = 64 << 10;

    private readonly int _backlogBytes;
    private readonly byte[] _joined = GC.AllocateUninitializedArray<byte>(TurnBytes, pinned: true);
    private readonly DeliveryTimes.Progress _progress;
    private readonly DeliveryCounts.Buffer _deliveries;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly Shard _plain = new(0, isObserver: false);
    private readonly Shard _envelopes = new(1, isObserver: false);
    private readonly Shard _plainObservers = new(2, isObserver: true);
    private readonly Shard _envelopeObservers = new(3, isObserver: true);
    private readonly Shard[] _shards;
    private long _sent;
    private volatile ChannelLog? _log;
    private volatile bool _stopping;

    public Sender(
        int number,
        int backlogBytes,
        ChannelLogs logs,
        TimeSpan heartbeat,
        DeliveryTimes times,
        DeliveryCounts counts,
        ILogger logger)
    {
        Channels = new ChannelSender(logs, this, backlogBytes, heartbeat);
        _backlogBytes = backlogBytes;
        _progress = times.Join();
        _deliveries = counts.Join();
        _logger = logger;
        _shards = [_plain, _envelopes, _plainObservers, _envelopeObservers];
        _thread = new Thread(Run) { IsBackground = true, Name = $"sender-{number}" };
        _thread.Start();
    }

    /// <summary>The clients to be served.</summary>
    public ReadyList<Client> Queue { get; } = new();

    /// <summary>Its part for subscriptions to channels.</summary>
    public ChannelSender Channels { get; }

    /// <summary>Messages sent to clients so far, answers included.</summary>
    public long Sent => Delivered + Queue.Answers;

    /// <summary>Messages of the channel sent to clients so far.</summary>
    public long Delivered => Volatile.Read(ref _sent);

    /// <summary>The log to follow has grown, or is another.</summary>
    public void Follow(ChannelLog log)
    {
        _log = log;
        Queue.Wake();
    }

    /// <summary>What one of its clients was sent and has said. For any thread.</summary>
    public LiveCounters CountersOf(Client client) =>
        client.Counters(ShardOf(client) is { } shard ? shard.SentTo(client) : client.SentBefore);

    /// <summary>Bytes of the live log that one of its clients has yet to be sent. For any thread.</summary>
    public long LagOf(Client client, LogHead head) => ShardOf(client)?.LagOf(client, head) ?? 0;

    /// <summary>Clients whose connection is full.</summary>
    internal int BlockedCount => _shards.Sum(shard => shard.BlockedCount);

    public void Dispose()
    {
        _stopping = true;
        Queue.Wake();
        _thread.Join();
    }

    private Shard? ShardOf(Client client) => client.ShardIndex is >= 0 and var index ? _shards[index] : null;

    private void Run()
    {
        while (!_stopping)
        {
            Queue.WaitForWork();
            try
            {
                // Not those that come meanwhile: a client that keeps asking for answers must not keep the log from all others.
                for (var waiting = Queue.Count; waiting > 0 && Queue.TryTake(out var client); waiting--) Serve(client);
                if (CurrentLog() is not { } log) continue;
                Channels.Pass(log.Head);
                Channels.RunCommands();
                var swept = Sweep(_plain, log.Plain) | Sweep(_envelopes, log.Envelopes);
                Sweep(_plainObservers, log.Plain);
                Sweep(_envelopeObservers, log.Envelopes);
                // With blocked clients all have to be looked at: once per pass is enough.
                if (swept || _plain.BlockedCount + _envelopes.BlockedCount == 0)
                    _progress.Report(Math.Min(DeliveredOffset(_plain), DeliveredOffset(_envelopes)));
                Channels.Pass(log.Head);
                _deliveries.Flush();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A defect in the handling of one client must not end delivery for the others of this thread, nor make those wait
                // that were next in the queue.
                LogFailure(e);
                Queue.Wake();
            }
        }
    }

    /// <summary>Sends the client's answers, then what the log has for it, until all is sent or the connection is full.</summary>
    private void Serve(Client client)
    {
        client.UnmarkReady();
        if (client.Ended)
        {
            Channels.Remove(client);
            ShardOf(client)?.Remove(client);
            // Only now: a slot that still had the socket's number would write to whichever connection is given that number next.
            client.Release();
            return;
        }

        if (client.ShardIndex < 0) ShardFor(client).Add(client);
        var (shard, index) = (_shards[client.ShardIndex], client.SlotIndex);
        if (client.TakeSendFinished()) shard.SetWritable(index, true);
        if (!shard.Slots[index].IsWritable || !TrySendOutbox(client, shard, index) || CurrentLog() is not { } log) return;
        // Looked up only now: the outbox may just have moved the cursor to a place beyond any head seen before.
        Advance(shard, index, (client.IsEnveloped ? log.Envelopes : log.Plain).Head);
        if (client.UsesChannels) Channels.Serve(client);
    }

    private Shard ShardFor(Client client) => (client.IsEnveloped, client.IsObserver) switch
    {
        (true, true) => _envelopeObservers,
        (true, false) => _envelopes,
        (false, true) => _plainObservers,
        (false, false) => _plain,
    };

    /// <summary>The log to follow. What is sent from here on is counted as sent of it.</summary>
    private ChannelLog? CurrentLog()
    {
        var log = _log;
        if (log is not null) _deliveries.Begin(log.Epoch);
        return log;
    }

    /// <summary>Takes every cursor to the head. Answers need not be looked for: a client with answers is in the queue.</summary>
    /// <returns>False: there is nothing new.</returns>
    private bool Sweep(Shard shard, FrameLog log)
    {
        var head = log.Head;
        if (ReferenceEquals(head, shard.SweptHead)) return false;
        shard.SweptHead = head;

        for (var i = 0; i < shard.Count; i++)
        {
            ref var slot = ref shard.Slots[i];
            if (slot.IsWritable)
            {
                Advance(shard, i, head);
            }
            else if (slot.Lag(head) > _backlogBytes)
            {
                shard.ClientAt(i).Close(CloseReason.TooSlow);
                // At once, not at the end of the grace that a client has to take its close frame.
                slot.Segment = null;
            }
        }

        return true;
    }

    /// <summary>Up to where every client of the shard has been sent the log. One that reads pages of history does not follow it
    /// yet.</summary>
    private static long DeliveredOffset(Shard shard)
    {
        var offset = shard.SweptHead?.Offset ?? 0;
        if (shard.BlockedCount == 0) return offset;
        foreach (ref readonly var slot in shard.Slots.AsSpan(0, shard.Count))
            if (slot is { IsWritable: false, Segment.IsPage: false }) offset = Math.Min(offset, slot.Offset);
        return offset;
    }

    private void Advance(Shard shard, int index, LogHead head)
    {
        ref var slot = ref shard.Slots[index];
        while (slot.Segment is { } segment)
        {
            var isHead = ReferenceEquals(segment, head.Segment);
            var (start, end) = (slot.Position, isHead ? head.Written : segment.Written);
            // What is sent in the background counts as sent already: the cursor is not looked at again before it is done.
            slot.Position = end;
            if (start < end && !TrySend(shard, index, segment.Buffer, start, end - start, isLast: false)) return;

            if (isHead)
            {
                if (!shard.IsObserver) _deliveries.Add(slot.Offset, head.Offset);
                _sent += slot.AdvanceTo(head.Offset);
                return;
            }

            if (segment.IsPage)
            {
                // A page may have been in progress while the channel restarted.
                if (!shard.IsObserver && segment.Epoch == _deliveries.Epoch) _deliveries.Add(slot.Offset, segment.LastOffset);
                _sent += slot.AdvanceTo(segment.LastOffset);
                slot.Segment = null;
                shard.ClientAt(index).FinishPage();
                return;
            }

            // Without a next it is the end of a log that was replaced: clients that know offsets are being closed.
            if (segment.Next is not { } next) return;
            (slot.Segment, slot.Position) = (next, 0);
            if (next.EndBefore is not { } last) continue;
            // Into a new log, whose offsets begin elsewhere. What was still to be sent of the old one is no
            // longer reported.
            _sent += slot.AdvanceTo(last);
            slot.Offset = next.FirstOffset - 1;
        }
    }

    /// <summary>Sends the waiting answers, a turn of them, and takes over a new cursor. False: the connection has had enough for
    /// now, or is through.</summary>
    private bool TrySendOutbox(Client client, Shard shard, int index)
    {
        if (!client.TryTakeAnswers(_joined, out var next)) return true;
        if (next.Move is { } move)
        {
            ref var slot = ref shard.Slots[index];
            (slot.Segment, slot.Position, slot.Offset) = (move.Cursor.Segment, move.Cursor.Position, move.Offset);
            client.BeginPage(move.Page);
        }

        if (next.IsLast)
        {
            shard.Slots[index].Segment = null;
            client.BeginPage(null);
        }

        var isSent = next.Length == 0 || TrySend(shard, index, next.Buffer, 0, next.Length, next.IsLast);
        client.SetSent(next.Cost, isInBackground: !isSent);
        if (!isSent) return false;
        if (next.IsLast)
        {
            client.SetFlushed();
            return false;
        }

        // The rest after the others had their turn.
        if (client.HasAnswers) client.QueueAgain();
        return true;
    }

    /// <summary>False: the connection did not take all of it, and has the rest in the background.</summary>
    private bool TrySend(Shard shard, int index, byte[] buffer, int start, int count, bool isLast)
    {
        var socket = shard.Slots[index].Socket;
        var sent = socket >= 0
            ? DirectSocket.Send(socket, buffer.AsSpan(start, count))
            : shard.ClientAt(index).Send(buffer.AsSpan(start, count));
        if (sent == count) return true;

        // Full, broken or a stream: the way through the framework finds out which.
        shard.SetWritable(index, false);
        sent = Math.Max(sent, 0);
        var rest = buffer.AsMemory(start + sent, count - sent);
        // What was joined for this client is overwritten with the next one's.
        shard.ClientAt(index).SendInBackground(ReferenceEquals(buffer, _joined) ? rest.ToArray() : rest, isLast);
        return false;
    }

    // --- For Channels ---

    byte[] ISenderLink.Joined => _joined;

    void ISenderLink.Wake() => Queue.Wake();

    bool ISenderLink.IsFull(Client client) => ShardOf(client) is { } shard && !shard.Slots[client.SlotIndex].IsWritable;

    bool ISenderLink.CanSend(Client client) => ShardOf(client) is { } shard && shard.Slots[client.SlotIndex].IsWritable
        && !client.HasAnswers && !client.Closing && !client.Ended;

    void ISenderLink.Send(Client client, byte[] bytes, int count) =>
        TrySend(_shards[client.ShardIndex], client.SlotIndex, bytes, 0, count, isLast: false);

    void ISenderLink.Count(Client client, long messages)
    {
        if (ShardOf(client) is not { } shard) return;
        shard.Slots[client.SlotIndex].Sent += messages;
        _sent += messages;
    }

    long? ISenderLink.LogOffset(Client client) =>
        ShardOf(client)?.Slots[client.SlotIndex] is { Segment: { IsPage: false } } slot ? slot.Offset : null;

    void ISenderLink.StopLog(Client client)
    {
        if (ShardOf(client) is not { } shard) return;
        shard.Slots[client.SlotIndex].Segment = null;
        client.BeginPage(null);
    }

    [LoggerMessage(4501, LogLevel.Error, "A sender failed and continues")]
    private partial void LogFailure(Exception exception);
}
