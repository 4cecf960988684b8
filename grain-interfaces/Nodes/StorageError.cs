namespace NotifyHub.GrainInterfaces;

/// <summary>Why the database fails.</summary>
/// <param name="Message">English, safe to show to an operator: no secret, no path, no SQL.</param>
/// <param name="IsBroken">It fails until an operator acts, as with <see cref="StorageBrokenException"/>.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.StorageError")]
public sealed record StorageError([property: Id(0)] string Message, [property: Id(1)] bool IsBroken = false);
