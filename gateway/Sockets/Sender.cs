using System.Collections.Concurrent;
using System.Net.Sockets;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// One thread that owns a share of the clients and is the only one to write to their connections. Whenever the log grows it takes every
/// client whose cursor is behind and sends the whole contiguous rest in one call. A socket that would block is left to the system
/// until it has taken what was pending; nobody waits for it. Past the backlog limit its client is evicted.
/// </summary>
public sealed partial class Sender : IDisposable
{
    private readonly int _backlogBytes;
    private readonly DeliveryTimes.Passed _passed;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly ConcurrentQueue<Client> _ready = new();
    private readonly object _bell = new();
    private readonly Lane _plain = new();
    private readonly Lane _envelopes = new();
    private int _signaled;
    private int _stragglers;
    private long _sent;
    private long _answered;
    private volatile ChannelLog? _log;
    private volatile bool _stopping;

    public Sender(int number, int backlogBytes, DeliveryTimes times, ILogger logger)
    {
        _backlogBytes = backlogBytes;
        _passed = times.Join();
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
                while (_ready.TryDequeue(out var client)) Attend(client);
                if (_log is not { } log) continue;
                var swept = Sweep(_plain, log.Plain) | Sweep(_envelopes, log.Envelopes);
                // With stragglers it takes a look at all clients to know: one a pass is enough.
                if (swept || _stragglers == 0) _passed.Tell(Math.Min(Passed(_plain), Passed(_envelopes)));
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

    private void Attend(Client client)
    {
        if (client.Ended)
        {
            client.Lane?.Remove(client);
            SetStraggling(client, false);
            return;
        }

        if (client.Lane is null) (client.IsEnveloped ? _envelopes : _plain).Add(client);
        if (client.TakeSendFinished()) client.Idle = true;
        if (!client.Idle) return;
        Advance(client, LogOf(client));
        SetStraggling(client, !client.Idle);
    }

    private FrameLog? LogOf(Client client) => client.IsEnveloped ? _log?.Envelopes : _log?.Plain;

    /// <summary>Brings the clients of a lane to the head. False: there is nothing new.</summary>
    private bool Sweep(Lane lane, FrameLog log)
    {
        var head = log.Head;
        if (ReferenceEquals(head, lane.Seen)) return false;
        lane.Seen = head;

        for (var i = 0; i < lane.Count; i++)
        {
            var client = lane.Clients[i];
            if (client.Idle)
            {
                Advance(client, log);
                if (!client.Idle) SetStraggling(client, true);
            }
            else if (client.Lag(head) > _backlogBytes)
            {
                client.Close(CloseReason.TooSlow);
                // At once, not at the end of the grace that a client has to take its close frame.
                client.LeaveLog();
                SetStraggling(client, false);
            }
        }

        return true;
    }

    /// <summary>Counts the clients whose connection has had enough for now: without any, all are at the head that was seen last.</summary>
    private void SetStraggling(Client client, bool straggles)
    {
        if (client.Straggles == straggles) return;
        client.Straggles = straggles;
        _stragglers += straggles ? 1 : -1;
    }

    /// <summary>Up to where every client of the lane has been sent the log. One that reads pages of history does not follow it yet.</summary>
    private long Passed(Lane lane)
    {
        var passed = lane.Seen?.Offset ?? 0;
        if (_stragglers == 0) return passed;
        foreach (var client in lane.Clients.AsSpan(0, lane.Count))
            if (client is { Straggles: true, Segment: { IsPage: false } }) passed = Math.Min(passed, client.SentThrough);
        return passed;
    }

    /// <summary>Sends first the client's answers, then what the log has for it, until all is sent or the connection has had enough.</summary>
    private void Advance(Client client, FrameLog? log)
    {
        if (client.Ended) return;
        try
        {
            if (!client.TrySendOutbox()) return;
            if (log is null || client.Closing) return;
            // Only now: the outbox may just have moved the cursor to a place beyond any head seen before.
            var head = log.Head;
            while (client.Segment is { } segment)
            {
                var isHead = ReferenceEquals(segment, head.Segment);
                var end = isHead ? head.Written : segment.Written;
                if (client.Position < end && !client.TrySendLog(segment, end)) return;

                if (isHead)
                {
                    _sent += client.ReachedOffset(head.Offset);
                    return;
                }

                if (segment.IsPage)
                {
                    _sent += client.FinishedPage();
                    return;
                }

                // Without a next it is the end of a log that was begun anew: those who know offsets are being sent away.
                if (segment.Next is not { } next) return;
                client.EnterSegment(next);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The socket ended between two lines, by the reader or by a close from elsewhere: its reader cleans up.
            client.Abort(CloseReason.Lost);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A sender met an unexpected failure and goes on")]
    private partial void LogFailure(Exception e);

    /// <summary>The clients of one sender that follow the same form of the log, densely packed for the sweep.</summary>
    internal sealed class Lane
    {
        public Client[] Clients { get; private set; } = new Client[64];

        public int Count { get; private set; }

        public LogHead? Seen { get; set; }

        public void Add(Client client)
        {
            if (Count == Clients.Length)
            {
                var larger = new Client[Count * 2];
                Clients.CopyTo(larger, 0);
                Clients = larger;
            }

            client.Lane = this;
            client.LaneIndex = Count;
            Clients[Count++] = client;
        }

        public void Remove(Client client)
        {
            var last = Clients[--Count];
            Clients[client.LaneIndex] = last;
            last.LaneIndex = client.LaneIndex;
            Clients[Count] = null!;
            client.Lane = null;
        }
    }
}
