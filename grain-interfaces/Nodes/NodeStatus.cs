namespace NotifyHub.GrainInterfaces;

[GenerateSerializer, Immutable, Alias("NotifyHub.NodeStatus")]
public sealed record NodeStatus(
    [property: Id(0)] NodeReport Report,
    [property: Id(1)] DateTimeOffset LastSeenAt);
