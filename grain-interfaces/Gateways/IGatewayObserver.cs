namespace NotifyHub.GrainInterfaces;

/// <summary>What silos call at a gateway. The caller awaits each call: one in flight per gateway is the backpressure.</summary>
[Alias("NotifyHub.IGatewayObserver")]
public interface IGatewayObserver : IGrainObserver
{
    /// <summary>Hands over committed messages. The answer means that the gateway has them, not that its clients have.</summary>
    [Alias("DeliverAsync"), ResponseTimeout("00:00:05")]
    Task DeliverAsync(MessageBatch batch);

    /// <summary>Sends the state that the operators want: running or stopped. Returns once it is in effect.</summary>
    [Alias("ApplyAsync"), ResponseTimeout("00:00:05")]
    Task ApplyAsync(ServiceState state);

    /// <summary>Returns the counters of those of the named sessions that are connected here, in no particular order.</summary>
    [Alias("DescribeAsync"), ResponseTimeout("00:00:05")]
    Task<LiveCounters[]> DescribeAsync(string[] connectionIds);

    /// <summary>Closes one client with the WebSocket close code 1008. False: no such client here.</summary>
    [Alias("CloseAsync"), ResponseTimeout("00:00:05")]
    Task<bool> CloseAsync(string connectionId);
}
