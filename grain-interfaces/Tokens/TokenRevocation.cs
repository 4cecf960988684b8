namespace NotifyHub.GrainInterfaces;

/// <param name="Subject">Which token, or whose.</param>
/// <param name="RevokedAt">A user's tokens that were issued at or before this are revoked.</param>
/// <param name="ExpiresAt">From then on none of the tokens can be valid any more.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.TokenRevocation")]
public sealed record TokenRevocation(
    [property: Id(0)] TokenSubject Subject,
    [property: Id(1)] DateTimeOffset RevokedAt,
    [property: Id(2)] DateTimeOffset ExpiresAt)
{
    /// <summary>How many are kept: each takes some 80 bytes in every gateway.</summary>
    public const int MaxRows = 1_000_000;
}
