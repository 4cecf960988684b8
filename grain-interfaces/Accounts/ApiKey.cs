namespace NotifyHub.GrainInterfaces;

/// <param name="Prefix">The first characters of the secret, to recognise a key by.</param>
/// <param name="Scopes">What it may be used for, of <see cref="KeyScopes.All"/>; null (from a silo of a version without scopes):
/// <see cref="KeyScopes.Default"/>.</param>
/// <param name="Channels">The names and patterns of channels that it is limited to, and to publishing and reading there; null: it
/// is not limited.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ApiKey")]
public sealed record ApiKey(
    [property: Id(0)] long Id,
    [property: Id(1)] string Name,
    [property: Id(2)] string Prefix,
    [property: Id(3)] string CreatedBy,
    [property: Id(4)] DateTimeOffset CreatedAt,
    [property: Id(5)] DateTimeOffset? LastUsedAt,
    [property: Id(6)] DateTimeOffset? RevokedAt,
    [property: Id(7)] string[]? Scopes = null,
    [property: Id(8)] string[]? Channels = null)
{
    public bool Allows(string scope) => (Scopes ?? KeyScopes.Default).Contains(scope);
}
