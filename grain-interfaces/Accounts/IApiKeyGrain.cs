namespace NotifyHub.GrainInterfaces;

/// <summary>API keys of internal services. Stateless: the rows are the truth. Key: <see cref="GrainKeys.Only"/>.</summary>
[Alias("NotifyHub.IApiKeyGrain")]
public interface IApiKeyGrain : IGrainWithIntegerKey
{
    /// <summary>Makes a key. The answer is the only time it is seen: storage keeps its hash.</summary>
    [Alias("CreateAsync"), AnySilo]
    Task<NewApiKey> CreateAsync(string name, string createdBy);

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
[GenerateSerializer, Immutable, Alias("NotifyHub.ApiKey")]
public sealed record ApiKey(
    [property: Id(0)] long Id,
    [property: Id(1)] string Name,
    [property: Id(2)] string Prefix,
    [property: Id(3)] string CreatedBy,
    [property: Id(4)] DateTimeOffset CreatedAt,
    [property: Id(5)] DateTimeOffset? LastUsedAt,
    [property: Id(6)] DateTimeOffset? RevokedAt);
