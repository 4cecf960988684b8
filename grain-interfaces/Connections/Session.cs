namespace NotifyHub.GrainInterfaces;

/// <summary>A client's connection, as it is opened.</summary>
/// <param name="ConnectionId">Unique in the grid and over time.</param>
/// <param name="Protocol">"notifyhub.v1", or "" for the guide's plain clients.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.SessionOpened")]
public sealed record SessionOpened(
    [property: Id(0)] string ConnectionId,
    [property: Id(1)] string IpAddress,
    [property: Id(2)] string UserAgent,
    [property: Id(3)] string Protocol,
    [property: Id(4)] DateTimeOffset ConnectedAt);

/// <param name="Counters">The final counters.</param>
/// <param name="Abnormal">It ended by a protocol error, an oversized frame, a reset, or was evicted as too slow.</param>
/// <param name="Reason">Why it ended, for operators.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.SessionClosed")]
public sealed record SessionClosed(
    [property: Id(0)] LiveCounters Counters,
    [property: Id(1)] DateTimeOffset DisconnectedAt,
    [property: Id(2)] bool Abnormal,
    [property: Id(3)] string Reason);

/// <summary>What happened at a gateway since its last report.</summary>
/// <param name="Sequence">1, 2, 3, …; a retry of a report has the number of the report.</param>
/// <param name="Observer">To reach the gateway: live counters, closing one client.</param>
/// <param name="Node">The gateway itself, for the list of nodes.</param>
/// <param name="Complete">The report names every open session (the first report, or after <see cref="LeaseAnswer.Unknown"/>), or every one in
/// its stretch of the connection ids: stored open sessions of this gateway in there that it does not name have ended.</param>
/// <param name="Sent">Messages sent to clients since the last report.</param>
/// <param name="Received">Messages received from clients since the last report.</param>
/// <param name="After">A complete report may come in parts, which follow each other in the ordinal order of the connection ids; a part speaks of
/// the ids behind this one. Null: from the beginning. Such a part begins the gateway's lease anew; the others need it to run.</param>
/// <param name="UpTo">The last id that a part speaks of. Null: to the end.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.SessionReport")]
public sealed record SessionReport(
    [property: Id(0)] long Sequence,
    [property: Id(1)] IGatewayObserver Observer,
    [property: Id(2)] NodeReport Node,
    [property: Id(3)] bool Complete,
    [property: Id(4)] SessionOpened[] Opened,
    [property: Id(5)] SessionClosed[] Closed,
    [property: Id(6)] long Sent,
    [property: Id(7)] long Received,
    [property: Id(8)] string? After = null,
    [property: Id(9)] string? UpTo = null);

/// <param name="Unknown">The grain knows nothing of this gateway (its lease ended, or the grain moved): the report was <b>not</b> taken;
/// send a complete one.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.LeaseAnswer")]
public sealed record LeaseAnswer(
    [property: Id(0)] bool Unknown);

/// <summary>The status of a stored session.</summary>
public static class SessionStatus
{
    public const string Connected = "connected";
    public const string Disconnected = "disconnected";
    public const string Error = "error";

    public static readonly IReadOnlyList<string> All = [Connected, Disconnected, Error];
}

/// <param name="Status">One of <see cref="SessionStatus"/>, or null for all.</param>
/// <param name="Page">From 1.</param>
/// <param name="Limit">1–500.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.SessionQuery")]
public sealed record SessionQuery(
    [property: Id(0)] string? Status,
    [property: Id(1)] int Page,
    [property: Id(2)] int Limit);

[GenerateSerializer, Immutable, Alias("NotifyHub.SessionPage")]
public sealed record SessionPage(
    [property: Id(0)] Session[] Sessions,
    [property: Id(1)] long Total);

/// <summary>A stored session.</summary>
/// <param name="Id">Row number, newest highest.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.Session")]
public sealed record Session(
    [property: Id(0)] long Id,
    [property: Id(1)] SessionOpened Opened,
    [property: Id(2)] string GatewayId,
    [property: Id(3)] string Status,
    [property: Id(4)] DateTimeOffset? DisconnectedAt,
    [property: Id(5)] LiveCounters Counters);

/// <summary>The numbers behind <c>GET /api/websocket/stats</c>.</summary>
/// <param name="AverageMinutes">Mean duration of the ended sessions, in minutes.</param>
/// <param name="Days">The last 7 days of the server's time zone, oldest first, days without sessions included.</param>
/// <param name="RecentErrors">The newest 10 sessions with errors, newest first.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.SessionStats")]
public sealed record SessionStats(
    [property: Id(0)] long Active,
    [property: Id(1)] long Total,
    [property: Id(2)] long Errors,
    [property: Id(3)] long Today,
    [property: Id(4)] double AverageMinutes,
    [property: Id(5)] DayStats[] Days,
    [property: Id(6)] long Sent,
    [property: Id(7)] long Received,
    [property: Id(8)] Session[] RecentErrors);

/// <param name="Date">yyyy-MM-dd.</param>
/// <param name="Count">Sessions opened that day.</param>
/// <param name="Active">Of those, the ones still connected.</param>
/// <param name="Errors">Of those, the ones with errors.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.DayStats")]
public sealed record DayStats(
    [property: Id(0)] string Date,
    [property: Id(1)] long Count,
    [property: Id(2)] long Active,
    [property: Id(3)] long Errors);
