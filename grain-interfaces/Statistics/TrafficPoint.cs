namespace NotifyHub.GrainInterfaces;

/// <summary>The grid's traffic of 5 s.</summary>
/// <param name="At">UTC of the end of these 5 s.</param>
/// <param name="Connections">Clients connected at that moment.</param>
/// <param name="PublishesPerSecond">Messages published.</param>
/// <param name="DeliveriesPerSecond">Messages sent to clients.</param>
/// <param name="P50Ms">Within this many milliseconds half of the batches had reached the last client of a gateway; null without
/// batches.</param>
/// <param name="P99Ms">The same of 99 in 100 batches.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.TrafficPoint")]
public sealed record TrafficPoint(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] long Connections,
    [property: Id(2)] double PublishesPerSecond,
    [property: Id(3)] double DeliveriesPerSecond,
    [property: Id(4)] double? P50Ms,
    [property: Id(5)] double? P99Ms);
