using System.Security.Cryptography;
using System.Text;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>
/// Finds the API key of a secret, for requests and WebSockets. Calls the grid, which records the use at most once per minute, at
/// most once per second and secret: ten thousand reconnecting clients of one key cause a few calls. A revoked key ends at once at
/// the gateway that revoked it, and everywhere within 5 s.
/// </summary>
public sealed class ApiKeys(IGrainFactory grains, TimeProvider time)
{
    // Far longer than any real key: longer ones are refused without a call to a silo.
    private const int MaxSecretLength = 256;

    // Keyed by hash, so that memory holds no list of valid secrets.
    private readonly RecentAnswers<string, ApiKey?> _answers = new(time);

    private IApiKeyGrain Grain => grains.GetGrain<IApiKeyGrain>(GrainKeys.Only);

    /// <summary>Null: unknown or revoked.</summary>
    /// <exception cref="TimeoutException">The grid does not answer, so the result is unknown.</exception>
    public async Task<ApiKey?> FindAsync(string secret, CancellationToken cancellation) => secret.Length is 0 or > MaxSecretLength
        ? null
        : await _answers.AskAsync(Hash(secret), () => Grain.AuthenticateAsync(secret)).WaitAsync(cancellation);

    /// <summary>False: no such key, or already revoked.</summary>
    public async Task<bool> RevokeAsync(long id)
    {
        try
        {
            return await Grain.RevokeAsync(id);
        }
        finally
        {
            // Also when it failed, for it may have been done all the same.
            _answers.Forget(key => key?.Id == id);
        }
    }

    private static string Hash(string secret) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
