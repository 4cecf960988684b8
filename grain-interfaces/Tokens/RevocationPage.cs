namespace NotifyHub.GrainInterfaces;

/// <summary>A piece of the list of revocations, in the order in which they were made.</summary>
/// <param name="Version">The list up to here is in this answer and those before it. Less than what was asked for: the database
/// was restored or replaced, and the list is to be read anew.</param>
/// <param name="Revocations">What follows the version that was asked for.</param>
/// <param name="IsLast">Nothing follows yet; otherwise the next piece is to be read.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.RevocationPage")]
public sealed record RevocationPage(
    [property: Id(0)] long Version,
    [property: Id(1)] TokenRevocation[] Revocations,
    [property: Id(2)] bool IsLast)
{
    public const int MaxRows = 5_000;
}
