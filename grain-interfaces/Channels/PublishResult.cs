namespace NotifyHub.GrainInterfaces;

/// <summary>The durable offsets of a publish: its stored drafts have consecutive ones from <paramref name="FirstOffset"/>, in
/// their order. Drafts with <see cref="Retention.None"/> are not stored and take none.</summary>
/// <param name="FirstOffset">Offset of the first stored draft; 0 when none of them is stored.</param>
/// <param name="Count">How many drafts the publish had, stored or not.</param>
/// <param name="Repeated">The idempotency key was used before: this is what was answered then.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.PublishResult")]
public sealed record PublishResult(
    [property: Id(0)] long FirstOffset,
    [property: Id(1)] int Count,
    [property: Id(2)] bool Repeated);
