namespace NotifyHub.Console.Api;

/// <summary>An API key, without the key itself.</summary>
/// <param name="Scopes">What the key may do: publish, read.</param>
public sealed record ApiKey(
    long Id, string Name, string Prefix, string CreatedBy, string CreatedAt, string? LastUsedAt, string? RevokedAt,
    IReadOnlyList<string> Scopes);
