namespace NotifyHub.GrainInterfaces;

/// <summary>API keys of internal services. Stateless: the rows are the truth. Key: <see cref="GrainKeys.Only"/>.</summary>
[Alias("NotifyHub.IApiKeyGrain")]
public interface IApiKeyGrain : IGrainWithIntegerKey
{
    /// <summary>Makes a key. The answer is the only time it is seen: storage keeps its hash.</summary>
    /// <param name="scopes">Of <see cref="KeyScopes.All"/>; null: <see cref="KeyScopes.Default"/>.</param>
    /// <param name="channels">Names and patterns of channels; null: it is not limited to channels.</param>
    [Alias("CreateAsync"), AnySilo]
    Task<NewApiKey> CreateAsync(string name, string createdBy, string[]? scopes, string[]? channels = null);

    /// <summary>All keys, newest first, also revoked ones.</summary>
    [Alias("ListAsync"), AnySilo]
    Task<ApiKey[]> ListAsync();

    /// <summary>False: no such key, or already revoked.</summary>
    [Alias("RevokeAsync"), AnySilo]
    Task<bool> RevokeAsync(long id);

    /// <summary>Finds an active key and records its use (at most once per minute). Null: unknown or revoked.</summary>
    [Alias("AuthenticateAsync"), AnySilo]
    Task<ApiKey?> AuthenticateAsync(string secret);
}
