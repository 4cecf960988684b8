using System.Text;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Settings;

namespace NotifyHub.Gateway.Access;

/// <summary>The keys of the application, whose backend signs client tokens.</summary>
public sealed class ClientKeys : IDisposable
{
    // A file is cheap to read.
    private static readonly TimeSpan MaxFileAge = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxFetchedAge = TimeSpan.FromMinutes(10);

    private readonly ClientKey[] _secret;
    private readonly ClientKeySource[] _sources;
    private readonly HttpMessageHandler _handler;

    public ClientKeys(IOptions<GatewayOptions> options, TimeProvider time, ILogger<ClientKeys> logger)
        : this(options.Value, time, logger, Jwks.Handler())
    {
    }

    internal ClientKeys(GatewayOptions options, TimeProvider time, ILogger logger, HttpMessageHandler handler)
    {
        _handler = handler;
        var (secret, pem, jwks) = (options.ClientTokenSecret, options.ClientTokenKeys, options.ClientTokenJwks);
        _secret = secret.Length == 0 ? [] : [ClientKey.Of(Encoding.UTF8.GetBytes(secret))];
        List<ClientKeySource> sources = [];
        if (pem.Length > 0)
        {
            sources.Add(new ClientKeySource(
                nameof(options.ClientTokenKeys), async () => PemKeys.Parse(await File.ReadAllTextAsync(pem)), MaxFileAge, time,
                logger));
        }

        if (jwks.Length > 0)
        {
            sources.Add(new ClientKeySource(
                nameof(options.ClientTokenJwks), () => Jwks.ReadAsync(jwks, handler),
                Jwks.IsAddress(jwks) ? MaxFetchedAge : MaxFileAge, time, logger));
        }

        _sources = [.. sources];
    }

    /// <exception cref="TimeoutException">The keys could not be read yet.</exception>
    internal async ValueTask<bool> HaveSignedAsync(SignedToken token)
    {
        if (HasSigned(_secret, token)) return true;
        // The secret does not change, and other algorithms are for none of the keys.
        if (token.Algorithm is not (ClientKey.Rs256 or ClientKey.Es256 or ClientKey.EdDsa)) return false;
        foreach (var source in _sources)
        {
            var keys = await source.KeysAsync();
            if (HasSigned(keys, token)) return true;
            // Signed with a key that is newer than those here? Not where one of that name is known.
            if (keys.Any(key => key.Id is not null && key.Id == token.KeyId)) continue;
            await source.RefreshAsync();
            if (HasSigned(await source.KeysAsync(), token)) return true;
        }

        return false;
    }

    public void Dispose() => _handler.Dispose();

    private static bool HasSigned(ClientKey[] keys, SignedToken token)
    {
        foreach (var key in keys)
            if (key.IsFor(token) && key.HasSigned(token)) return true;
        return false;
    }
}
