namespace NotifyHub.GrainInterfaces;

/// <summary>
/// The state that the operators want of the whole grid: running or stopped. Durable, told to every gateway at once, and again with
/// every lease renewal, so that a gateway that joins later follows it too. Key: <see cref="GrainKeys.Only"/>.
/// </summary>
[Alias("NotifyHub.IServiceGrain")]
public interface IServiceGrain : IGrainWithIntegerKey
{
    [Alias("GetAsync"), AnySilo]
    Task<ServiceState> GetAsync();

    /// <summary>Answers once the state is durable and every gateway follows it: the clients that it closed have ended, and are counted as such.
    /// Waits 5 s at most for a gateway.</summary>
    [Alias("SetAsync"), AnySilo, ResponseTimeout("00:00:30")]
    Task<ServiceChange> SetAsync(ServiceCommand command);

    /// <summary>Remembers a gateway to tell; renewed with its lease, forgotten when a call to it fails.</summary>
    [Alias("SubscribeAsync"), AnySilo]
    Task<ServiceState> SubscribeAsync(string gatewayId, IGatewayObserver observer);

    [Alias("UnsubscribeAsync"), AnySilo]
    Task UnsubscribeAsync(string gatewayId);
}

[GenerateSerializer, Alias("NotifyHub.ServiceCommand")]
public enum ServiceCommand
{
    Start,
    Stop,
    Restart,
}

/// <param name="Running">What the operators want.</param>
/// <param name="Restarts">Counts the restarts ordered so far: a gateway that sees a higher number than it has carried out closes
/// its clients with 1012 and lets them return.</param>
/// <param name="Version">Counts the changes: of two answers that crossed on the way the higher one holds.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ServiceState")]
public sealed record ServiceState(
    [property: Id(0)] bool Running,
    [property: Id(1)] long Restarts,
    [property: Id(2)] long Version = 0);

/// <param name="State">The state after the command.</param>
/// <param name="Changed">False: the service already was as commanded.</param>
/// <param name="Unanswered">The gateways that did not confirm in time. They follow as soon as they reach the grid.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ServiceChange")]
public sealed record ServiceChange(
    [property: Id(0)] ServiceState State,
    [property: Id(1)] bool Changed,
    [property: Id(2)] string[] Unanswered);
