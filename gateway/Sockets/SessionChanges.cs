using System.Collections.Concurrent;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// What opened and closed since the last session report, in the order in which it happened: were an end told before its beginning, storage would
/// know nothing to end, and then have a session that is open for ever.
/// </summary>
public sealed class SessionChanges
{
    /// <summary>Changes that may wait while the silos are away. Of more the details are dropped, and a complete report puts the sessions
    /// right.</summary>
    public const int Most = 200_000;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<(SessionOpened? Opened, SessionClosed? Closed)> _changes = new();
    private bool _hasDropped;
    private long _added;
    private long _taken;
    private long _reported;

    public bool IsEmpty => _changes.IsEmpty;

    /// <summary>More has happened than could be put aside: only a complete report is true now.</summary>
    public bool HasDropped => Volatile.Read(ref _hasDropped);

    public void Add(SessionOpened opened) => Add((opened, null));

    public void Add(SessionClosed closed) => Add((null, closed));

    /// <summary>Takes the oldest, so many at most.</summary>
    public (SessionOpened[] Opened, SessionClosed[] Closed) Take(int most)
    {
        List<SessionOpened> opened = [];
        List<SessionClosed> closed = [];
        for (; most > 0 && _changes.TryDequeue(out var change); most--)
        {
            Interlocked.Increment(ref _taken);
            if (change.Opened is not null) opened.Add(change.Opened);
            else closed.Add(change.Closed!);
        }

        return ([.. opened], [.. closed]);
    }

    /// <summary>Takes all for a complete report, and whether it is not all.</summary>
    public (SessionOpened[] Opened, SessionClosed[] Closed, bool HasDropped) TakeAll()
    {
        // First: what is dropped from here on is for another report.
        var hasDropped = Interlocked.Exchange(ref _hasDropped, false);
        var (opened, closed) = Take(int.MaxValue);
        return (opened, closed, hasDropped);
    }

    /// <summary>What was taken so far has been reported, and the grid has it.</summary>
    public void MarkReported() => Volatile.Write(ref _reported, Volatile.Read(ref _taken));

    /// <summary>Waits until the grid has all that has happened up to now.</summary>
    public async Task WaitUntilReportedAsync(TimeProvider time, CancellationToken cancellation)
    {
        var added = Volatile.Read(ref _added);
        while (Volatile.Read(ref _reported) < added || HasDropped) await Task.Delay(Look, time, cancellation);
    }

    private void Add((SessionOpened?, SessionClosed?) change)
    {
        if (_changes.Count >= Most)
        {
            Volatile.Write(ref _hasDropped, true);
            return;
        }

        // Counted first: whoever waits for it must not find it neither waiting nor reported.
        Interlocked.Increment(ref _added);
        _changes.Enqueue(change);
    }
}
