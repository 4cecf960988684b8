namespace NotifyHub.GrainInterfaces;

/// <summary>What a revocation is about.</summary>
/// <param name="IsUser">All tokens of a user; otherwise one token.</param>
/// <param name="Value">The user's id (<c>sub</c>), or the token's (<c>jti</c>): 1 to <see cref="MaxLength"/> characters.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.TokenSubject")]
public sealed record TokenSubject([property: Id(0)] bool IsUser, [property: Id(1)] string Value)
{
    public const int MaxLength = 255;

    public static TokenSubject OfUser(string user) => new(true, user);

    public static TokenSubject OfToken(string id) => new(false, id);
}
