using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc8032;
using Org.BouncyCastle.Security;

namespace NotifyHub.UnitTests.Access;

/// <summary>Makes JWTs with any header and any claims, as an application's backend or a forger would.</summary>
internal static class Jwt
{
    public static string Sign(string header, string claims, Func<byte[], byte[]> sign)
    {
        var signed = $"{Encode(header)}.{Encode(claims)}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string Hs256(string secret, string claims, string header = """{"alg":"HS256","typ":"JWT"}""") =>
        Sign(header, claims, bytes => HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), bytes));

    public static string Rs256(RSA key, string claims, string header = """{"alg":"RS256"}""") => Sign(
        header, claims, bytes => key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public static string Es256(ECDsa key, string claims, string header = """{"alg":"ES256"}""") => Sign(
        header, claims, bytes => key.SignData(bytes, HashAlgorithmName.SHA256));

    public static string EdDsa(Ed25519PrivateKeyParameters key, string claims, string header = """{"alg":"EdDSA"}""") =>
        Sign(header, claims, bytes =>
        {
            var signature = new byte[Ed25519.SignatureSize];
            key.Sign(Ed25519.Algorithm.Ed25519, null, bytes, 0, bytes.Length, signature, 0);
            return signature;
        });

    public static Ed25519PrivateKeyParameters NewEd25519() => new(new SecureRandom());

    /// <summary>A public key as PEM, as OpenSSL writes it.</summary>
    public static string Pem(Ed25519PrivateKeyParameters key)
    {
        byte[] prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        return PemEncoding.WriteString("PUBLIC KEY", [.. prefix, .. key.GeneratePublicKey().GetEncoded()]);
    }

    public static string Jwk(Ed25519PrivateKeyParameters key, string id) => JsonSerializer.Serialize(new
    {
        kty = "OKP", crv = "Ed25519", kid = id, x = Base64Url.EncodeToString(key.GeneratePublicKey().GetEncoded()),
    });

    public static string Jwk(RSA key, string? id)
    {
        var numbers = key.ExportParameters(false);
        return JsonSerializer.Serialize(new
        {
            kty = "RSA", use = "sig", kid = id, n = Base64Url.EncodeToString(numbers.Modulus),
            e = Base64Url.EncodeToString(numbers.Exponent),
        });
    }

    public static string Jwk(ECDsa key, string id)
    {
        var point = key.ExportParameters(false).Q;
        return JsonSerializer.Serialize(new
        {
            kty = "EC", crv = "P-256", alg = "ES256", kid = id, x = Base64Url.EncodeToString(point.X),
            y = Base64Url.EncodeToString(point.Y),
        });
    }

    public static string Set(params string[] keys) => $$"""{"keys":[{{string.Join(',', keys)}}]}""";

    public static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
