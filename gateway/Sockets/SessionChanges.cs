using System.Collections.Concurrent;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// The sessions that opened and closed since the last report, in the order in which it happened: if an end were reported before
/// its opening, storage would have nothing to end, and then a session that never closes.
/// </summary>
public sealed class SessionChanges
{
    /// <summary>Changes that may wait while the silos are away. More are dropped, and a complete report corrects the
    /// sessions.</summary>
    public const int MaxChanges = 200_000;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<(SessionOpened? Opened, SessionClosed? Closed)> _changes = new();
    private bool _hasDropped;
    private long _added;
    private long _taken;
    private long _reported;

    public bool IsEmpty => _changes.IsEmpty;

    /// <summary>The changes that wait for a report.</summary>
    public int Count => _changes.Count;

    /// <summary>Changes were dropped: only a complete report is true now.</summary>
    public bool HasDropped => Volatile.Read(ref _hasDropped);

    public void Add(SessionOpened opened) => Add((opened, null));

    public void Add(SessionClosed closed) => Add((null, closed));

    /// <summary>Takes the oldest changes, up to a number.</summary>
    public (SessionOpened[] Opened, SessionClosed[] Closed) Take(int max)
    {
        List<SessionOpened> opened = [];
        List<SessionClosed> closed = [];
        for (; max > 0 && _changes.TryDequeue(out var change); max--)
        {
            Interlocked.Increment(ref _taken);
            if (change.Opened is not null) opened.Add(change.Opened);
            else closed.Add(change.Closed!);
        }

        return ([.. opened], [.. closed]);
    }

    /// <summary>Takes all changes for a complete report, and whether some were dropped.</summary>
    public (SessionOpened[] Opened, SessionClosed[] Closed, bool HasDropped) TakeAll()
    {
        // First: what is dropped from here on belongs to another report.
        var hasDropped = Interlocked.Exchange(ref _hasDropped, false);
        var (opened, closed) = Take(int.MaxValue);
        return (opened, closed, hasDropped);
    }

    /// <summary>The grid has answered the reports of all changes that were taken so far.</summary>
    public void MarkReported() => Volatile.Write(ref _reported, Volatile.Read(ref _taken));

    /// <summary>Waits until the grid has all changes up to now.</summary>
    public async Task WaitUntilReportedAsync(TimeProvider time, CancellationToken cancellation)
    {
        var added = Volatile.Read(ref _added);
        while (Volatile.Read(ref _reported) < added || HasDropped) await Task.Delay(PollInterval, time, cancellation);
    }

    private void Add((SessionOpened?, SessionClosed?) change)
    {
        if (_changes.Count >= MaxChanges)
        {
            Volatile.Write(ref _hasDropped, true);
            return;
        }

        // Counted first, so that no waiter misses it.
        Interlocked.Increment(ref _added);
        _changes.Enqueue(change);
    }
}
