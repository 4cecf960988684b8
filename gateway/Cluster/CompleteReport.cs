using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>
/// All sessions of a gateway, in parts: 100,000 of them at once would be a message of megabytes and a transaction of seconds. The
/// parts follow each other in the order of the connection ids, and each names all sessions in its range of ids. So each part is
/// true by itself, and none ends a session that a later part names.
/// </summary>
internal sealed class CompleteReport
{
    private readonly (string Id, SessionOpened? Opened, SessionClosed? Closed)[] _sessions;
    private readonly int _max;
    private int _taken;

    /// <param name="open">The open sessions.</param>
    /// <param name="earlier">Openings that were not reported yet, also of sessions that have ended since.</param>
    /// <param name="closed">Ends that were not reported yet. Later ends belong to later reports: a part that names a session as
    /// open would undo an end that was reported before it.</param>
    /// <param name="hasDropped">Some ends are missing, so an earlier session is named only if it is open or its end is
    /// known.</param>
    /// <param name="max">Sessions per part.</param>
    public CompleteReport(
        IEnumerable<SessionOpened> open, IEnumerable<SessionOpened> earlier, IEnumerable<SessionClosed> closed, bool hasDropped,
            int max)
    {
        _max = max;
        var sessions = new Dictionary<string, (SessionOpened? Opened, SessionClosed? Closed)>(StringComparer.Ordinal);
        foreach (var end in closed) sessions[end.Counters.ConnectionId] = (null, end);
        foreach (var each in earlier.Where(each => !hasDropped || sessions.ContainsKey(each.ConnectionId)).Concat(open))
            sessions[each.ConnectionId] = (each, sessions.GetValueOrDefault(each.ConnectionId).Closed);
        _sessions = [.. sessions.Select(session => (session.Key, session.Value.Opened, session.Value.Closed))];
        // The order in which the storage compares them.
        Array.Sort(_sessions, (one, other) => string.CompareOrdinal(one.Id, other.Id));
    }

    /// <summary>There is no further part.</summary>
    public bool IsDone { get; private set; }

    /// <summary>All that is in no part yet, for a new report in place of this one.</summary>
    public Part Rest() => Take(_sessions.Length);

    /// <summary>The next part. There is always a first one, also without sessions.</summary>
    public Part Next() => Take(Math.Min(_taken + _max, _sessions.Length));

    private Part Take(int end)
    {
        var part = _sessions[_taken..end];
        var after = _taken == 0 ? null : _sessions[_taken - 1].Id;
        (_taken, IsDone) = (end, end == _sessions.Length);
        return new Part(
            after,
            IsDone ? null : part[^1].Id,
            [.. part.Select(session => session.Opened).OfType<SessionOpened>()],
            [.. part.Select(session => session.Closed).OfType<SessionClosed>()]);
    }

    /// <summary>See <see cref="SessionReport"/>.</summary>
    internal sealed record Part(string? After, string? UpTo, SessionOpened[] Opened, SessionClosed[] Closed);
}
