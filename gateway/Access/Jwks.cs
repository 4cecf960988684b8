using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace NotifyHub.Gateway.Access;

/// <summary>A JSON Web Key Set, as <c>ClientTokenJwks</c> names it: where it is, and what it says.</summary>
internal static class Jwks
{
    /// <summary>Some hundred times what a key set has.</summary>
    public const int MaxBytes = 256 << 10;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>An address, and not a file.</summary>
    public static bool IsAddress(string place) => place.Contains("://", StringComparison.Ordinal);

    /// <summary>Whether keys from there can be trusted: nobody on the way can have changed them.</summary>
    public static bool IsSafe(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback);

    /// <summary>Reads the set from its file or address.</summary>
    /// <param name="handler">For addresses.</param>
    public static async Task<ClientKey[]> ReadAsync(string place, HttpMessageHandler handler)
    {
        if (!IsAddress(place)) return Parse(await File.ReadAllTextAsync(place));
        using var http = new HttpClient(handler, disposeHandler: false)
        {
            Timeout = Timeout, MaxResponseContentBufferSize = MaxBytes,
        };
        using var answer = await http.GetAsync(new Uri(place));
        // The framework follows no redirect from https to http, but one from this machine to elsewhere.
        if (answer.RequestMessage?.RequestUri is not { } from || !IsSafe(from))
            throw new HttpRequestException("it redirects to an address without TLS");
        answer.EnsureSuccessStatusCode();
        return Parse(Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync()));
    }

    /// <summary>What <see cref="ReadAsync"/> calls addresses with.</summary>
    public static SocketsHttpHandler Handler() => new()
    {
        MaxAutomaticRedirections = 3, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(1),
    };

    /// <summary>The keys that are for signatures and of a known kind; others are left out. A secret (<c>oct</c>) is none: whoever
    /// can read a key set could sign with it.</summary>
    /// <exception cref="CryptographicException">It is no key set, or has no such key.</exception>
    public static ClientKey[] Parse(string json)
    {
        IList<JsonWebKey> all;
        try
        {
            all = new JsonWebKeySet(json).Keys;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new CryptographicException("it is not a JSON Web Key Set", e);
        }

        if (all.Count > ClientKeySource.MaxKeys) throw new CryptographicException($"more than {ClientKeySource.MaxKeys} keys");
        ClientKey[] keys = [.. all.Select(Key).OfType<ClientKey>()];
        return keys.Length > 0
            ? keys : throw new CryptographicException("it has no key for signatures with RS256, ES256 or EdDSA");
    }

    private static ClientKey? Key(JsonWebKey key)
    {
        if (key.Use is { Length: > 0 } use && use != "sig") return null;
        if (key.KeyOps.Count > 0 && !key.KeyOps.Contains("verify")) return null;
        try
        {
            return (key.Kty, key.Crv, key.Alg) switch
            {
                ("RSA", _, null or "" or "RS256") => ClientKey.Of(
                    RSA.Create(new RSAParameters { Modulus = Bytes(key.N), Exponent = Bytes(key.E) }), Id(key)),
                ("EC", "P-256", null or "" or "ES256") => ClientKey.Of(
                    ECDsa.Create(new ECParameters
                    {
                        Curve = ECCurve.NamedCurves.nistP256,
                        Q = new ECPoint { X = Bytes(key.X), Y = Bytes(key.Y) },
                    }),
                    Id(key)),
                ("OKP", "Ed25519", null or "" or "EdDSA" or "Ed25519") => ClientKey.OfEd25519(Bytes(key.X), Id(key)),
                _ => null,
            };
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or FormatException)
        {
            // One key that cannot be used does not take the others along.
            return null;
        }
    }

    private static string? Id(JsonWebKey key) => string.IsNullOrEmpty(key.Kid) ? null : key.Kid;

    private static byte[] Bytes(string base64) => Base64UrlEncoder.DecodeBytes(base64);
}
