namespace NotifyHub.GrainInterfaces;

/// <param name="State">The state after the command.</param>
/// <param name="Changed">False: the service already was as commanded.</param>
/// <param name="Unanswered">The gateways that did not confirm in time. They follow as soon as they reach the grid.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ServiceChange")]
public sealed record ServiceChange(
    [property: Id(0)] ServiceState State,
    [property: Id(1)] bool Changed,
    [property: Id(2)] string[] Unanswered);
