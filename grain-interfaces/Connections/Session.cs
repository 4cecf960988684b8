namespace NotifyHub.GrainInterfaces;

/// <summary>A stored session.</summary>
/// <param name="Id">Row number, newest highest.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.Session")]
public sealed record Session(
    [property: Id(0)] long Id,
    [property: Id(1)] SessionOpened Opened,
    [property: Id(2)] string GatewayId,
    [property: Id(3)] string Status,
    [property: Id(4)] DateTimeOffset? DisconnectedAt,
    [property: Id(5)] LiveCounters Counters);
