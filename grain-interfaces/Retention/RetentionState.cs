namespace NotifyHub.GrainInterfaces;

/// <param name="Trusted">The time by which was deleted last.</param>
/// <param name="Doubted">How long, in running time, the clock has been further ahead than that explains.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.RetentionState")]
public sealed record RetentionState(
    [property: Id(0)] DateTimeOffset Trusted,
    [property: Id(1)] TimeSpan Doubted);
