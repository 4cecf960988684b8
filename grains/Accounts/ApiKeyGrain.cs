using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using NotifyHub.GrainInterfaces;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Accounts;

/// <summary>
/// API keys. The secret is 32 random bytes, so a plain SHA-256 of it is as safe as a slow hash, and cheap enough for every
/// request.
/// </summary>
[StatelessWorker, Reentrant, GrainType("apikey")]
public sealed partial class ApiKeyGrain(ApiKeyStore store, TimeProvider time, ILogger<ApiKeyGrain> logger) : Grain, IApiKeyGrain
{
    private const string Scheme = "nh_";
    private const int SecretBytes = 32;
    private const int PrefixLength = 10;
    private static readonly TimeSpan NoteEvery = TimeSpan.FromMinutes(1);

    public async Task<NewApiKey> CreateAsync(string name, string createdBy, string[]? scopes, string[]? channels = null)
    {
        var secret = Scheme + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var key = await store.AddAsync(
            name, secret[..PrefixLength], Hash(secret), createdBy, scopes ?? [.. KeyScopes.Default], channels);
        return new NewApiKey(key, secret);
    }

    public Task<ApiKey[]> ListAsync() => store.ListAsync();

    public Task<bool> RevokeAsync(long id) => store.RevokeAsync(id);

    public async Task<ApiKey?> AuthenticateAsync(string secret)
    {
        var key = await store.FindAsync(Hash(secret));
        // One that lies ahead was noted before the clock was set back.
        if (key is null || (time.GetUtcNow() - key.LastUsedAt)?.Duration() < NoteEvery) return key;

        try
        {
            await store.NoteUseAsync(key.Id, NoteEvery);
        }
        catch (StorageUnavailableException failure)
        {
            // The key is good; when it was used is for operators only.
            LogNotNoted(key.Id, failure.Message);
        }

        return key;
    }

    private static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    [LoggerMessage(101, LogLevel.Warning, "The use of API key {Id} could not be recorded: {Error}")]
    private partial void LogNotNoted(long id, string error);
}
