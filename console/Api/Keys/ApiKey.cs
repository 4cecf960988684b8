namespace NotifyHub.Console.Api;

/// <summary>An API key, without the key itself.</summary>
/// <param name="Scopes">What the key may do: publish, read.</param>
/// <param name="Channels">The channels that it is limited to; null: it is not limited.</param>
public sealed record ApiKey(
    long Id, string Name, string Prefix, string CreatedBy, string CreatedAt, string? LastUsedAt, string? RevokedAt,
    IReadOnlyList<string> Scopes, IReadOnlyList<string>? Channels = null);
