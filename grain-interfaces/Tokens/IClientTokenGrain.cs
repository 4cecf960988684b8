namespace NotifyHub.GrainInterfaces;

/// <summary>
/// What all gateways share about client tokens: the key that the grid signs its own with, and what was revoked. Stateless: the
/// rows are the truth. Key: <see cref="GrainKeys.Only"/>.
/// </summary>
[Alias("NotifyHub.IClientTokenGrain")]
public interface IClientTokenGrain : IGrainWithIntegerKey
{
    /// <summary>The HS256 key of the grid's own client tokens. The first call makes it; from then on it is the same.</summary>
    [Alias("KeyAsync"), AnySilo]
    Task<byte[]> KeyAsync();

    /// <summary>Revokes one token, or all of a user that were issued until now. Returns once that is durable; to be repeated
    /// without harm.</summary>
    /// <param name="subject">Which token, or whose.</param>
    /// <param name="expiresAt">From then on none of the tokens can be valid any more, and the revocation is deleted.</param>
    /// <returns>False: <see cref="TokenRevocation.MaxRows"/> are kept already.</returns>
    [Alias("RevokeAsync"), AnySilo]
    Task<bool> RevokeAsync(TokenSubject subject, DateTimeOffset expiresAt);

    /// <summary>The revocations after a version, oldest first, at most <see cref="RevocationPage.MaxRows"/>.</summary>
    /// <param name="after">The <see cref="RevocationPage.Version"/> of the answer before; 0: from the beginning.</param>
    [Alias("RevocationsAsync"), AnySilo]
    Task<RevocationPage> RevocationsAsync(long after);
}
