namespace NotifyHub.GrainInterfaces;

/// <summary>The database was found to have lost messages of a channel that had been acknowledged; the log got a new epoch
/// then.</summary>
/// <param name="FoundAt">UTC.</param>
/// <param name="Known">The newest offset that was acknowledged, as far as the grid remembers.</param>
/// <param name="Kept">The newest offset in the database when it was found. If that is not below <paramref name="Known"/>, other
/// messages had taken the place of the lost ones.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.LogLoss")]
public sealed record LogLoss(
    [property: Id(0)] string Channel,
    [property: Id(1)] DateTimeOffset FoundAt,
    [property: Id(2)] long Known,
    [property: Id(3)] long Kept);
