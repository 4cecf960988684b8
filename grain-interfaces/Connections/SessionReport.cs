namespace NotifyHub.GrainInterfaces;

/// <summary>What happened at a gateway since its last report.</summary>
/// <param name="Sequence">1, 2, 3, …; a retry of a report has the number of the report.</param>
/// <param name="Observer">To reach the gateway: live counters, closing one client.</param>
/// <param name="Node">The gateway itself, for the list of nodes.</param>
/// <param name="Complete">The report names every open session (the first report, or after <see cref="LeaseAnswer.Unknown"/>), or
/// every one in its range of the connection ids: stored open sessions of this gateway in the range that it does not name have
/// ended.</param>
/// <param name="Sent">Messages sent to clients since the last report.</param>
/// <param name="Received">Messages received from clients since the last report.</param>
/// <param name="After">A complete report may come in parts, in the ordinal order of the connection ids; a part covers the ids
/// after this one. Null: from the beginning. Such a part starts a new lease of the gateway; others need a running one.</param>
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
