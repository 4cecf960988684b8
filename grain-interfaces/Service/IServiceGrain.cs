namespace NotifyHub.GrainInterfaces;

/// <summary>
/// The state that the operators want of the whole grid: running or stopped. Durable, sent to every gateway at once, and again
/// with every lease renewal, so that a gateway that joins later follows it too. Key: <see cref="GrainKeys.Only"/>.
/// </summary>
[Alias("NotifyHub.IServiceGrain")]
public interface IServiceGrain : IGrainWithIntegerKey
{
    [Alias("GetAsync"), AnySilo]
    Task<ServiceState> GetAsync();

    /// <summary>Returns once the state is durable and every gateway follows it: the clients that it closed have ended, and are
    /// counted as such. Waits 5 s at most for a gateway.</summary>
    [Alias("SetAsync"), AnySilo, ResponseTimeout("00:00:30")]
    Task<ServiceChange> SetAsync(ServiceCommand command);

    /// <summary>Registers a gateway for notifications; renewed with its lease, removed when a call to it fails.</summary>
    [Alias("SubscribeAsync"), AnySilo]
    Task<ServiceState> SubscribeAsync(string gatewayId, IGatewayObserver observer);

    [Alias("UnsubscribeAsync"), AnySilo]
    Task UnsubscribeAsync(string gatewayId);
}
