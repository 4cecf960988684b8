namespace NotifyHub.GrainInterfaces;

/// <summary>
/// One gateway's sessions and its lease. Key: <see cref="GrainKeys.Gateway"/>. One grain per gateway, not per connection: a storm
/// of 10,000 connects is a few calls and a few multi-row inserts.
/// </summary>
[Alias("NotifyHub.IConnectionGrain")]
public interface IConnectionGrain : IGrainWithStringKey
{
    /// <summary>
    /// Takes what happened since the last report and renews the lease. Reports are numbered from 1; one that was already taken
    /// (the answer was lost and the gateway retried) is answered again and changes nothing.
    /// </summary>
    [Alias("ReportAsync"), AnySilo]
    Task<LeaseAnswer> ReportAsync(SessionReport report);

    /// <summary>Releases the lease of a gateway that has reported all its sessions closed.</summary>
    [Alias("ReleaseAsync"), AnySilo]
    Task ReleaseAsync();

    /// <summary>
    /// Called for gateways that still have open sessions in storage. If the gateway does not report within a lease, its sessions
    /// are closed as errors: this ends the sessions of a gateway that died together with the silo that watched it.
    /// </summary>
    [Alias("WatchAsync"), AnySilo]
    Task WatchAsync();

    [Alias("DescribeAsync"), AnySilo]
    Task<LiveCounters[]> DescribeAsync(string[] connectionIds);

    [Alias("CloseAsync"), AnySilo, ResponseTimeout("00:00:10")]
    Task<bool> CloseAsync(string connectionId);
}
