namespace NotifyHub.GrainInterfaces;

/// <summary>
/// The grid's numbers and its list of nodes. Aggregates what gateways and silos report; answers are at most 1 s old.
/// Key: <see cref="GrainKeys.Only"/>.
/// </summary>
[Alias("NotifyHub.IStatsGrain")]
public interface IStatsGrain : IGrainWithIntegerKey
{
    /// <summary>A node's sign of life, once a second. A node unheard of for longer than the lease leaves the list.</summary>
    [Alias("ReportAsync"), AnySilo]
    Task ReportAsync(NodeReport report);

    /// <summary>A node says goodbye.</summary>
    [Alias("RemoveAsync"), AnySilo]
    Task RemoveAsync(string nodeId);

    [Alias("StatusAsync"), AnySilo]
    Task<GridStatus> StatusAsync();

    /// <summary>Where gateways reach the silos that are alive, <c>address:port</c> each. Every gateway asks once a second.</summary>
    [Alias("SilosAsync"), AnySilo]
    Task<string[]> SilosAsync();

    [Alias("StatsAsync"), AnySilo]
    Task<SessionStats> StatsAsync();

    /// <summary>The status with the traffic of the last five minutes, at most 5 s old.</summary>
    [Alias("OverviewAsync"), AnySilo]
    Task<GridOverview> OverviewAsync();

    /// <summary>One page of the stored sessions, newest first, with the counters of the live ones fresh from their gateways.</summary>
    [Alias("ConnectionsAsync"), AnySilo]
    Task<SessionPage> ConnectionsAsync(SessionQuery query);

    /// <summary>Closes one client with 1008, wherever in the grid it is. Answers when it has ended and is counted as such. False: no client with this
    /// id is connected.</summary>
    [Alias("CloseConnectionAsync"), AnySilo, ResponseTimeout("00:00:15")]
    Task<bool> CloseConnectionAsync(string connectionId);

    /// <summary>Something was changed by command: what is asked from now on is read anew.</summary>
    [Alias("RefreshAsync"), AnySilo]
    Task RefreshAsync();
}

/// <param name="Id">Unique for the life of the process.</param>
/// <param name="Role">gateway, silo, or embedded (both in one process).</param>
/// <param name="Address">Where the node serves: <c>host:port</c>, clients at a gateway and gateways at a silo.</param>
/// <param name="CpuPercent">Of one core, over the last second.</param>
/// <param name="MemoryPercent">Resident memory of the machine's.</param>
/// <param name="Connections">Clients connected to the node; 0 for a silo.</param>
/// <param name="Traffic">What a gateway has moved; null of a silo.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.NodeReport")]
public sealed record NodeReport(
    [property: Id(0)] string Id,
    [property: Id(1)] string Role,
    [property: Id(2)] string Address,
    [property: Id(3)] int Pid,
    [property: Id(4)] double CpuPercent,
    [property: Id(5)] double MemoryPercent,
    [property: Id(6)] int Connections,
    [property: Id(7)] DateTimeOffset StartedAt,
    [property: Id(8)] Traffic? Traffic = null,
    [property: Id(9)] string? StorageError = null);

[GenerateSerializer, Immutable, Alias("NotifyHub.NodeStatus")]
public sealed record NodeStatus(
    [property: Id(0)] NodeReport Report,
    [property: Id(1)] DateTimeOffset LastSeenAt);

/// <param name="StorageError">Null when the database answers; otherwise what an operator may be told.</param>
/// <param name="StorageWarning">What an operator should know although the database works; null: nothing.</param>
/// <param name="LastConnectionAt">UTC of the newest session's start.</param>
/// <param name="Loss">The newest loss of acknowledged messages that was found within the last day; null when there was
/// none.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.GridStatus")]
public sealed record GridStatus(
    [property: Id(0)] long ActiveConnections,
    [property: Id(1)] long TotalConnections,
    [property: Id(2)] DateTimeOffset? LastConnectionAt,
    [property: Id(3)] NodeStatus[] Nodes,
    [property: Id(4)] string? StorageError,
    [property: Id(5)] LogLoss? Loss = null,
    [property: Id(6)] string? StorageWarning = null);
