namespace NotifyHub.GrainInterfaces;

/// <summary>The durable offsets of a publish, consecutive from <paramref name="FirstOffset"/>.</summary>
/// <param name="FirstOffset">Offset of the first draft.</param>
/// <param name="Count">How many drafts the publish had.</param>
/// <param name="Repeated">The idempotency key was used before: this is what was answered then.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.PublishResult")]
public sealed record PublishResult(
    [property: Id(0)] long FirstOffset,
    [property: Id(1)] int Count,
    [property: Id(2)] bool Repeated);
