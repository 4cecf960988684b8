namespace NotifyHub.GrainInterfaces;

/// <param name="Address">Where the attempt came from.</param>
/// <param name="Network">What is counted as one: the IPv4 address, or the /64 of IPv6.</param>
/// <param name="IsThisMachine">The login comes from the gateway's own machine, the only one where the default password is
/// accepted.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ClientAddress")]
public sealed record ClientAddress(
    [property: Id(0)] string Address,
    [property: Id(1)] string Network,
    [property: Id(2)] bool IsThisMachine = false);
