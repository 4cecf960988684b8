namespace NotifyHub.GrainInterfaces;

/// <param name="Running">What the operators want.</param>
/// <param name="Restarts">Counts the restarts ordered so far: a gateway that sees a higher number than it has carried out closes
/// its clients with 1012 and lets them return.</param>
/// <param name="Version">Counts the changes: of two answers that crossed on the way the higher one holds.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ServiceState")]
public sealed record ServiceState(
    [property: Id(0)] bool Running,
    [property: Id(1)] long Restarts,
    [property: Id(2)] long Version = 0);
