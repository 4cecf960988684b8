using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>
/// All sessions of a gateway, told in parts: 100,000 of them in one would be a message of megabytes and a transaction of seconds. The parts follow
/// the order of the connection ids, and each says all there is in its stretch of it, so a part needs no other to be true, and no part takes a
/// session for ended that a later one names.
/// </summary>
internal sealed class CompleteReport
{
    private readonly (string Id, SessionOpened? Opened, SessionClosed? Closed)[] _sessions;
    private readonly int _most;
    private int _told;

    /// <param name="open">Those that are open.</param>
    /// <param name="earlier">Beginnings that no report has told yet, also of sessions that have ended since.</param>
    /// <param name="closed">Ends that no report has told yet. Later ones are for later reports: told before the part that names its session, an
    /// end would be taken back by it.</param>
    /// <param name="hasDropped">Some ends are missing: then an earlier session counts only if it is open or its end is known.</param>
    /// <param name="most">Sessions a part.</param>
    public CompleteReport(
        IEnumerable<SessionOpened> open, IEnumerable<SessionOpened> earlier, IEnumerable<SessionClosed> closed, bool hasDropped, int most)
    {
        _most = most;
        var sessions = new Dictionary<string, (SessionOpened? Opened, SessionClosed? Closed)>(StringComparer.Ordinal);
        foreach (var end in closed) sessions[end.Counters.ConnectionId] = (null, end);
        foreach (var each in earlier.Where(each => !hasDropped || sessions.ContainsKey(each.ConnectionId)).Concat(open))
            sessions[each.ConnectionId] = (each, sessions.GetValueOrDefault(each.ConnectionId).Closed);
        _sessions = [.. sessions.Select(session => (session.Key, session.Value.Opened, session.Value.Closed))];
        // As the storage compares them.
        Array.Sort(_sessions, (one, other) => string.CompareOrdinal(one.Id, other.Id));
    }

    /// <summary>There is no further part.</summary>
    public bool IsTold { get; private set; }

    /// <summary>What no part has told yet, for a new report in place of this one.</summary>
    public Part Rest() => Tell(_sessions.Length);

    /// <summary>The next part; there is always a first one, if only to say that there are none.</summary>
    public Part Next() => Tell(Math.Min(_told + _most, _sessions.Length));

    private Part Tell(int end)
    {
        var part = _sessions[_told..end];
        var after = _told == 0 ? null : _sessions[_told - 1].Id;
        (_told, IsTold) = (end, end == _sessions.Length);
        return new Part(
            after,
            IsTold ? null : part[^1].Id,
            [.. part.Select(session => session.Opened).OfType<SessionOpened>()],
            [.. part.Select(session => session.Closed).OfType<SessionClosed>()]);
    }

    /// <summary>See <see cref="SessionReport"/>.</summary>
    internal sealed record Part(string? After, string? UpTo, SessionOpened[] Opened, SessionClosed[] Closed);
}
