namespace NotifyHub.GrainInterfaces;

/// <summary>
/// The grid's numbers and its list of nodes. Aggregates what gateways and silos report; answers are at most 1 s old.
/// Key: <see cref="GrainKeys.Only"/>.
/// </summary>
[Alias("NotifyHub.IStatsGrain")]
public interface IStatsGrain : IGrainWithIntegerKey
{
    /// <summary>A heartbeat of a node, once per second. A node without one for longer than the lease is removed.</summary>
    [Alias("ReportAsync"), AnySilo]
    Task ReportAsync(NodeReport report);

    /// <summary>Removes a node that stops.</summary>
    [Alias("RemoveAsync"), AnySilo]
    Task RemoveAsync(string nodeId);

    [Alias("StatusAsync"), AnySilo]
    Task<GridStatus> StatusAsync();

    /// <summary>Where gateways reach the silos that are alive, <c>address:port</c> each. Every gateway calls it once per
    /// second.</summary>
    [Alias("SilosAsync"), AnySilo]
    Task<string[]> SilosAsync();

    [Alias("StatsAsync"), AnySilo]
    Task<SessionStats> StatsAsync();

    /// <summary>The status with the traffic of the last five minutes, at most 5 s old.</summary>
    [Alias("OverviewAsync"), AnySilo]
    Task<GridOverview> OverviewAsync();

    /// <summary>One page of the stored sessions, newest first; live ones with fresh counters from their gateways.</summary>
    [Alias("ConnectionsAsync"), AnySilo]
    Task<SessionPage> ConnectionsAsync(SessionQuery query);

    /// <summary>Closes one client with 1008, at whichever gateway it is. Returns when it has ended and is counted as such. False:
    /// no client with this id is connected.</summary>
    [Alias("CloseConnectionAsync"), AnySilo, ResponseTimeout("00:00:15")]
    Task<bool> CloseConnectionAsync(string connectionId);

    /// <summary>A command has changed something: queries from now on read fresh data.</summary>
    [Alias("RefreshAsync"), AnySilo]
    Task RefreshAsync();
}
