using System.Security.Cryptography;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Settings;
using Xunit;

namespace NotifyHub.UnitTests.Access;

/// <summary>The faults of the settings of client tokens, found at the start.</summary>
public sealed class ClientTokenOptionsCheckTests
{
    [Theory]
    [InlineData("", "", "", "")]
    [InlineData("0123456789abcdef0123456789abcdef", "", "https://id.example.com/jwks", "https://app")]
    [InlineData("", "", "http://localhost:9000/jwks", "app")]
    [InlineData("", "", "http://127.0.0.1/jwks", "")]
    public void What_can_be_used_is_no_fault(string secret, string keys, string jwks, string issuer) =>
        Assert.Empty(Faults(secret, keys, jwks, issuer));

    [Theory]
    [InlineData("short", "", "", "", "ClientTokenSecret: must have at least 32 bytes, and has 5")]
    [InlineData("the same key for both, 32 bytes..", "", "", "", "must not be NotifyHub:JwtKey")]
    [InlineData("", "/nowhere/keys.pem", "", "", "ClientTokenKeys: the file '/nowhere/keys.pem' cannot be read")]
    [InlineData("", "", "/nowhere/jwks.json", "", "ClientTokenJwks: the file '/nowhere/jwks.json' cannot be read")]
    [InlineData("", "", "http://id.example.com/jwks", "", "ClientTokenJwks: must be a file or an https address")]
    [InlineData("", "", "ftp://id.example.com/jwks", "", "ClientTokenJwks: must be a file or an https address")]
    [InlineData("", "", "https://", "", "ClientTokenJwks: must be a file or an https address")]
    [InlineData("", "", "", "notifyhub", "ClientTokenIssuer: 'notifyhub' is the server's own issuer")]
    [InlineData("", "", "", "notifyhub/client", "is the server's own issuer")]
    public void Each_fault_names_its_setting(string secret, string keys, string jwks, string issuer, string expected) =>
        Assert.Contains(expected, Assert.Single(Faults(secret, keys, jwks, issuer)), StringComparison.Ordinal);

    [Fact]
    public void A_file_without_usable_public_keys_is_a_fault()
    {
        using var rsa = RSA.Create(2048);
        using var weak = RSA.Create(1024);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        (string Pem, string Expected)[] cases =
        [
            ("", "no public key"),
            ("nonsense", "no public key"),
            (rsa.ExportPkcs8PrivateKeyPem(), "private key"),
            ($"{rsa.ExportSubjectPublicKeyInfoPem()}\n{rsa.ExportRSAPrivateKeyPem()}", "private key"),
            (rsa.ExportSubjectPublicKeyInfoPem() + rsa.ExportSubjectPublicKeyInfoPem(), "on a line of its own"),
            (weak.ExportSubjectPublicKeyInfoPem(), "2048"),
            (other.ExportSubjectPublicKeyInfoPem(), "P-256"),
            (PemEncoding.WriteString("PUBLIC KEY", [1, 2, 3]), "cannot be used"),
        ];
        foreach (var (pem, expected) in cases)
        {
            using var file = new TemporaryFile(pem);
            Assert.Contains(expected, Assert.Single(Faults("", file.Path, "", "")), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Each_kind_of_public_key_can_be_in_the_file()
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new NotifyHub.TestKit.TestCertificate();
        using var file = new TemporaryFile(string.Join(
            '\n', rsa.ExportSubjectPublicKeyInfoPem(), rsa.ExportRSAPublicKeyPem(), ec.ExportSubjectPublicKeyInfoPem(),
            Jwt.Pem(Jwt.NewEd25519()), certificate.Pem));

        Assert.Empty(Faults("", file.Path, "", ""));
        Assert.Equal(
            ["RS256", "RS256", "ES256", "EdDSA", "ES256"],
            PemKeys.Parse(File.ReadAllText(file.Path)).Select(key => key.Algorithm));
    }

    private static IEnumerable<string> Faults(string secret, string keys, string jwks, string issuer) =>
        new ClientTokenOptionsCheck().Validate(null, new GatewayOptions
        {
            JwtKey = "the same key for both, 32 bytes..",
            ClientTokenSecret = secret,
            ClientTokenKeys = keys,
            ClientTokenJwks = jwks,
            ClientTokenIssuer = issuer,
        }).Failures ?? [];
}
