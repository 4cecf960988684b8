using System.Collections.Concurrent;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// One thread that owns a share of the clients and is the only one to write to their connections. Whenever the log grows it takes every
/// client whose cursor is behind and sends the whole contiguous rest in one call. A socket that would block is left to the system
/// until it has taken what was pending; nobody waits for it. Past the backlog limit its client is evicted. Answers and the log
/// take turns: in a pass each client that had something to be done when it began is attended to once, then comes the log.
/// </summary>
public sealed partial class Sender : IDisposable
{
    /// <summary>How much of a client's answers goes out in one turn.</summary>
    internal const int TurnBytes = 64 << 10;

    private readonly int _backlogBytes;
    private readonly byte[] _joined = GC.AllocateUninitializedArray<byte>(TurnBytes, pinned: true);
    private readonly DeliveryTimes.Passed _passed;
    private readonly DeliveryCounts.Sent _deliveries;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly ConcurrentQueue<Client> _ready = new();
    private readonly object _bell = new();
    private readonly Lane _plain = new();
    private readonly Lane _envelopes = new();
    private readonly Lane _plainObservers = new(observes: true);
    private readonly Lane _envelopeObservers = new(observes: true);
    private int _signaled;
    private long _sent;
    private long _answered;
    private volatile ChannelLog? _log;
    private volatile bool _stopping;

    public Sender(int number, int backlogBytes, DeliveryTimes times, DeliveryCounts counts, ILogger logger)
    {
        _backlogBytes = backlogBytes;
        _passed = times.Join();
        _deliveries = counts.Join();
        _logger = logger;
        _thread = new Thread(Run) { IsBackground = true, Name = $"sender-{number}" };
        _thread.Start();
    }

    /// <summary>Messages sent to clients so far, answers included.</summary>
    public long Sent => Delivered + Volatile.Read(ref _answered);

    /// <summary>Messages of the channel sent to clients so far.</summary>
    public long Delivered => Volatile.Read(ref _sent);

    /// <summary>The log to follow has grown, or is another.</summary>
    public void Follow(ChannelLog log)
    {
        _log = log;
        Wake();
    }

    public void CountAnswer() => Interlocked.Increment(ref _answered);

    /// <summary>Something is to be done for this client: it is new, has answers to send, has become writable, is to be moved or has ended.</summary>
    public void Ready(Client client)
    {
        if (!client.TryMarkReady()) return;
        _ready.Enqueue(client);
        Wake();
    }

    public void Dispose()
    {
        _stopping = true;
        Wake();
        _thread.Join();
    }

    private void Wake()
    {
        // One wake-up, however many publish at once.
        if (Interlocked.Exchange(ref _signaled, 1) != 0) return;
        lock (_bell) Monitor.Pulse(_bell);
    }

    private void Run()
    {
        while (!_stopping)
        {
            lock (_bell)
            {
                while (Volatile.Read(ref _signaled) == 0) Monitor.Wait(_bell);
            }

            // Cleared before looking: whoever signals from here on finds the thread awake or wakes it again.
            Interlocked.Exchange(ref _signaled, 0);
            try
            {
                // Not those that come meanwhile: answers that are asked for without end must not keep the log from everybody.
                for (var waiting = _ready.Count; waiting > 0 && _ready.TryDequeue(out var client); waiting--) Attend(client);
                if (CurrentLog() is not { } log) continue;
                var swept = Sweep(_plain, log.Plain) | Sweep(_envelopes, log.Envelopes);
                Sweep(_plainObservers, log.Plain);
                Sweep(_envelopeObservers, log.Envelopes);
                // With stragglers it takes a look at all clients to know: one a pass is enough.
                if (swept || _plain.Stragglers + _envelopes.Stragglers == 0) _passed.Tell(Math.Min(Passed(_plain), Passed(_envelopes)));
                _deliveries.Tell();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A defect in one client's handling must not end delivery for all the others of this thread, nor make those wait
                // that were next in the queue.
                LogFailure(e);
                Wake();
            }
        }
    }

    /// <summary>Sends first the client's answers, then what the log has for it, until all is sent or the connection has had enough.</summary>
    private void Attend(Client client)
    {
        client.UnmarkReady();
        if (client.Ended)
        {
            client.Lane?.Remove(client);
            // Only now: a seat that still had the socket's number would write to whichever connection is given it next.
            client.Release();
            return;
        }

        if (client.Lane is null) LaneOf(client).Add(client);
        var (lane, index) = (client.Lane!, client.SeatIndex);
        if (client.TakeSendFinished()) lane.SetIdle(index, true);
        if (!lane.Seats[index].IsIdle || !TrySendOutbox(client, lane, index) || CurrentLog() is not { } log) return;
        // Looked up only now: the outbox may just have moved the cursor to a place beyond any head seen before.
        Advance(lane, index, (client.IsEnveloped ? log.Envelopes : log.Plain).Head);
    }

    private Lane LaneOf(Client client) => (client.IsEnveloped, client.Observes) switch
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

    /// <summary>Takes every cursor to the head. Answers need not be looked for: whoever queued one has asked for <see cref="Attend"/>.</summary>
    /// <returns>False: there is nothing new.</returns>
    private bool Sweep(Lane lane, FrameLog log)
    {
        var head = log.Head;
        if (ReferenceEquals(head, lane.Seen)) return false;
        lane.Seen = head;

        for (var i = 0; i < lane.Count; i++)
        {
            ref var seat = ref lane.Seats[i];
            if (seat.IsIdle)
            {
                Advance(lane, i, head);
            }
            else if (seat.Lag(head) > _backlogBytes)
            {
                lane.ClientAt(i).Close(CloseReason.TooSlow);
                // At once, not at the end of the grace that a client has to take its close frame.
                seat.Segment = null;
            }
        }

        return true;
    }

    /// <summary>Up to where every client of the lane has been sent the log. One that reads pages of history does not follow it yet.</summary>
    private static long Passed(Lane lane)
    {
        var passed = lane.Seen?.Offset ?? 0;
        if (lane.Stragglers == 0) return passed;
        foreach (ref readonly var seat in lane.Seats.AsSpan(0, lane.Count))
            if (seat is { IsIdle: false, Segment.IsPage: false }) passed = Math.Min(passed, seat.Offset);
        return passed;
    }

    private void Advance(Lane lane, int index, LogHead head)
    {
        ref var seat = ref lane.Seats[index];
        while (seat.Segment is { } segment)
        {
            var isHead = ReferenceEquals(segment, head.Segment);
            var (start, end) = (seat.Position, isHead ? head.Written : segment.Written);
            // What is sent in the background counts as passed already: the cursor is not looked at again before it is done.
            seat.Position = end;
            if (start < end && !TrySend(lane, index, segment.Buffer, start, end - start, isLast: false)) return;

            if (isHead)
            {
                if (!lane.Observes) _deliveries.Add(seat.Offset, head.Offset);
                _sent += seat.Reach(head.Offset);
                return;
            }

            if (segment.IsPage)
            {
                // A page may have been under way while the channel was begun anew.
                if (!lane.Observes && segment.Epoch == _deliveries.Epoch) _deliveries.Add(seat.Offset, segment.LastOffset);
                _sent += seat.Reach(segment.LastOffset);
                seat.Segment = null;
                lane.ClientAt(index).FinishPage();
                return;
            }

            // Without a next it is the end of a log that was begun anew: those who know offsets are being sent away.
            if (segment.Next is not { } next) return;
            (seat.Segment, seat.Position) = (next, 0);
            if (next.EndBefore is not { } last) continue;
            // Into a log that was begun anew, whose offsets begin elsewhere. What was still to be sent of the old one is no longer reported.
            _sent += seat.Reach(last);
            seat.Offset = next.FirstOffset - 1;
        }
    }

    /// <summary>Sends the waiting answers, a turn of them, and takes over a new cursor. False: the connection has had enough for
    /// now, or is through.</summary>
    private bool TrySendOutbox(Client client, Lane lane, int index)
    {
        if (!client.TryTakeAnswers(_joined, out var next)) return true;
        if (next.Move is { } move)
        {
            ref var seat = ref lane.Seats[index];
            (seat.Segment, seat.Position, seat.Offset) = (move.Cursor.Segment, move.Cursor.Position, move.Offset);
            client.BeginPage(move.Page);
        }

        if (next.IsLast)
        {
            lane.Seats[index].Segment = null;
            client.BeginPage(null);
        }

        var isSent = next.Length == 0 || TrySend(lane, index, next.Buffer, 0, next.Length, next.IsLast);
        client.SetSent(next.Cost, isInBackground: !isSent);
        if (!isSent) return false;
        if (next.IsLast)
        {
            client.SetFlushed();
            return false;
        }

        // The rest when the others have had their turn.
        if (client.HasAnswers) Ready(client);
        return true;
    }

    /// <summary>False: the connection did not take all of it, and has the rest in the background.</summary>
    private bool TrySend(Lane lane, int index, byte[] buffer, int start, int count, bool isLast)
    {
        var socket = lane.Seats[index].Socket;
        var sent = socket >= 0
            ? DirectSocket.Send(socket, buffer.AsSpan(start, count))
            : lane.ClientAt(index).Send(buffer.AsSpan(start, count));
        if (sent == count) return true;

        // Full, broken or a stream: the way through the framework finds out which.
        lane.SetIdle(index, false);
        sent = Math.Max(sent, 0);
        var rest = buffer.AsMemory(start + sent, count - sent);
        // What was joined for this client is overwritten with the next one's.
        lane.ClientAt(index).SendInBackground(ReferenceEquals(buffer, _joined) ? rest.ToArray() : rest, isLast);
        return false;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A sender met an unexpected failure and goes on")]
    private partial void LogFailure(Exception e);
}
