namespace NotifyHub.GrainInterfaces;

[GenerateSerializer, Immutable, Alias("NotifyHub.SessionPage")]
public sealed record SessionPage(
    [property: Id(0)] Session[] Sessions,
    [property: Id(1)] long Total);
