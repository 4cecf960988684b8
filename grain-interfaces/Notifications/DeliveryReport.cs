namespace NotifyHub.GrainInterfaces;

/// <summary>What a gateway has sent to its clients since its last report.</summary>
/// <param name="GatewayId">The reporting gateway.</param>
/// <param name="Sequence">1, 2, 3, … for each gateway: a report that comes twice, or late, counts once. One without an answer is
/// sent again unchanged.</param>
/// <param name="Epoch">The epoch of the log that the offsets belong to: in another one they are ignored.</param>
/// <param name="Ranges">Apart from each other, in order, each as long as it can be.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.DeliveryReport")]
public sealed record DeliveryReport(
    [property: Id(0)] string GatewayId,
    [property: Id(1)] long Sequence,
    [property: Id(2)] string Epoch,
    [property: Id(3)] DeliveredRange[] Ranges);
