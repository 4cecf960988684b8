namespace NotifyHub.GrainInterfaces;

/// <summary>API keys of internal services. Stateless: the rows are the truth. Key: <see cref="GrainKeys.Only"/>.</summary>
[Alias("NotifyHub.IApiKeyGrain")]
public interface IApiKeyGrain : IGrainWithIntegerKey
{
    /// <summary>Makes a key. The answer is the only time it is seen: storage keeps its hash.</summary>
    /// <param name="scopes">Of <see cref="KeyScopes.All"/>; null: all of them.</param>
    [Alias("CreateAsync"), AnySilo]
    Task<NewApiKey> CreateAsync(string name, string createdBy, string[]? scopes);

    /// <summary>All keys, newest first, also revoked ones.</summary>
    [Alias("ListAsync"), AnySilo]
    Task<ApiKey[]> ListAsync();

    /// <summary>False: no such key, or already revoked.</summary>
    [Alias("RevokeAsync"), AnySilo]
    Task<bool> RevokeAsync(long id);

    /// <summary>Finds a live key and notes its use (at most once a minute); null for an unknown or revoked one.</summary>
    [Alias("AuthenticateAsync"), AnySilo]
    Task<ApiKey?> AuthenticateAsync(string secret);
}

/// <param name="Secret">What the service sends in <c>X-API-Key</c>.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.NewApiKey")]
public sealed record NewApiKey(
    [property: Id(0)] ApiKey Key,
    [property: Id(1)] string Secret);

/// <param name="Prefix">The first characters of the secret, to recognise a key by.</param>
/// <param name="Scopes">What it may be used for, of <see cref="KeyScopes.All"/>; null, from a silo that knows of no scopes yet: all.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ApiKey")]
public sealed record ApiKey(
    [property: Id(0)] long Id,
    [property: Id(1)] string Name,
    [property: Id(2)] string Prefix,
    [property: Id(3)] string CreatedBy,
    [property: Id(4)] DateTimeOffset CreatedAt,
    [property: Id(5)] DateTimeOffset? LastUsedAt,
    [property: Id(6)] DateTimeOffset? RevokedAt,
    [property: Id(7)] string[]? Scopes = null)
{
    public bool Allows(string scope) => Scopes is null || Scopes.Contains(scope);
}

/// <summary>What an API key may be used for.</summary>
public static class KeyScopes
{
    /// <summary>To publish, and to mark notifications.</summary>
    public const string Publish = "publish";

    /// <summary>To read, and to receive by WebSocket.</summary>
    public const string Read = "read";

    /// <summary>All of them, in the order in which they are told.</summary>
    public static readonly IReadOnlyList<string> All = [Publish, Read];
}
