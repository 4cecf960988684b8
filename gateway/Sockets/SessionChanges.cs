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

    private readonly ConcurrentQueue<(SessionOpened? Opened, SessionClosed? Closed)> _changes = new();
    private bool _hasDropped;

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

    private void Add((SessionOpened?, SessionClosed?) change)
    {
        if (_changes.Count < Most) _changes.Enqueue(change);
        else Volatile.Write(ref _hasDropped, true);
    }
}
