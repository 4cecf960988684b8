using System.Security.Cryptography;
using System.Text;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>
/// Which API key a secret is, for requests and WebSockets alike. The grid, which notes the use at most once a minute, is asked at
/// most once per second and secret: ten thousand clients of one key that come back are a few calls. A key that is revoked ends at
/// once where it was revoked, and everywhere within 5 s.
/// </summary>
public sealed class ApiKeys(IGrainFactory grains, TimeProvider time)
{
    // Far longer than any key we make; what is longer need not travel to a silo to be refused.
    private const int LongestSecret = 256;

    // By the hash, so that no list of good secrets lies in memory.
    private readonly RecentAnswers<string, ApiKey?> _answers = new(time);

    private IApiKeyGrain Grain => grains.GetGrain<IApiKeyGrain>(GrainKeys.Only);

    /// <summary>Null: unknown or revoked.</summary>
    /// <exception cref="TimeoutException">The grid does not answer: nobody can say.</exception>
    public async Task<ApiKey?> FindAsync(string secret, CancellationToken cancellation) => secret.Length is 0 or > LongestSecret
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
