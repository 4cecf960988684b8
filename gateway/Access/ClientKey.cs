using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace NotifyHub.Gateway.Access;

/// <summary>
/// A key that client tokens are verified with, for one algorithm: a token cannot choose another one under which the key would be
/// something else.
/// </summary>
internal sealed class ClientKey
{
    public const string Rs256 = SecurityAlgorithms.RsaSha256;
    public const string Es256 = SecurityAlgorithms.EcdsaSha256;
    public const string EdDsa = "EdDSA";

    // RFC 7518 asks for 2048; the work of a verification grows with the square.
    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 8192;

    private static readonly CryptoProviderFactory Factory = new() { CacheSignatureProviders = false };

    private readonly Func<byte[], byte[], bool> _verify;

    private ClientKey(string algorithm, string? id, Func<byte[], byte[], bool> verify) =>
        (Algorithm, Id, _verify) = (algorithm, id, verify);

    public string Algorithm { get; }

    /// <summary>The <c>kid</c> of tokens that it is for; null: any.</summary>
    public string? Id { get; }

    /// <summary>HS256.</summary>
    public static ClientKey Of(byte[] secret, string? id = null) =>
        Of(new SymmetricSecurityKey(secret), SecurityAlgorithms.HmacSha256, id);

    /// <summary>RS256.</summary>
    /// <exception cref="CryptographicException">It is too short or too long.</exception>
    public static ClientKey Of(RSA key, string? id = null) => key.KeySize is >= MinRsaBits and <= MaxRsaBits
        ? Of(new RsaSecurityKey(key), Rs256, id)
        : throw new CryptographicException($"an RSA key must have {MinRsaBits} to {MaxRsaBits} bits, and has {key.KeySize}");

    /// <summary>ES256.</summary>
    /// <exception cref="CryptographicException">It is of another curve.</exception>
    public static ClientKey Of(ECDsa key, string? id = null) =>
        key.ExportParameters(false).Curve.Oid?.Value == ECCurve.NamedCurves.nistP256.Oid.Value
            ? Of(new ECDsaSecurityKey(key), Es256, id)
            : throw new CryptographicException("an elliptic curve key must be of the curve P-256");

    /// <summary>EdDSA.</summary>
    /// <exception cref="CryptographicException">It is no point of the curve, or one that everybody can sign for.</exception>
    public static ClientKey OfEd25519(byte[] key, string? id = null) =>
        key.Length == Ed25519.PublicKeySize && Ed25519.ValidatePublicKeyFull(key, 0)
            ? new ClientKey(EdDsa, id, (signed, signature) => signature.Length == Ed25519.SignatureSize
                && Ed25519.Verify(signature, 0, key, 0, signed, 0, signed.Length))
            : throw new CryptographicException("not an Ed25519 public key");

    /// <summary>Whether it may have signed the token, by what the token's header says.</summary>
    public bool IsFor(SignedToken token) =>
        token.Algorithm == Algorithm && (Id is null || token.KeyId is null || token.KeyId == Id);

    public bool HasSigned(SignedToken token)
    {
        try
        {
            return _verify(token.Signed, token.Signature);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // A signature of a wrong length.
            return false;
        }
    }

    private static ClientKey Of(SecurityKey key, string algorithm, string? id)
    {
        var provider = Factory.CreateForVerifying(key, algorithm);
        return new ClientKey(algorithm, id, provider.Verify);
    }
}
