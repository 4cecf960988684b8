namespace NotifyHub.GrainInterfaces;

/// <summary>Each message from <paramref name="First"/> to <paramref name="Last"/>, inclusive, was sent to this many
/// clients.</summary>
[GenerateSerializer, Immutable, Alias("NotifyHub.DeliveredRange")]
public readonly record struct DeliveredRange(
    [property: Id(0)] long First,
    [property: Id(1)] long Last,
    [property: Id(2)] long Clients);
