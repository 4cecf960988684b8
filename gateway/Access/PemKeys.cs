using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NotifyHub.Gateway.Access;

/// <summary>Public keys in PEM, as <c>ClientTokenKeys</c> names them.</summary>
internal static class PemKeys
{
    private const string Begin = "-----BEGIN ";
    private const string RsaOid = "1.2.840.113549.1.1.1";
    private const string EcOid = "1.2.840.10045.2.1";
    private const string Ed25519Oid = "1.3.101.112";

    /// <exception cref="CryptographicException">There is none, or something else; the message says what.</exception>
    public static ClientKey[] Parse(string text)
    {
        List<ClientKey> keys = [];
        var rest = text.AsSpan();
        while (PemEncoding.TryFind(rest, out var found))
        {
            if (keys.Count == ClientKeySource.MaxKeys)
                throw new CryptographicException($"more than {ClientKeySource.MaxKeys} keys");
            keys.Add(Key(rest[found.Label].ToString(), Convert.FromBase64String(rest[found.Base64Data].ToString())));
            rest = rest[found.Location.End..];
        }

        // Two files that were joined without a line break: the framework passes over the second key.
        if (keys.Count != text.Split(Begin).Length - 1)
            throw new CryptographicException("a key in it is damaged, or does not begin on a line of its own");
        return keys.Count > 0 ? [.. keys] : throw new CryptographicException("there is no public key as PEM in it");
    }

    private static ClientKey Key(string label, byte[] der)
    {
        switch (label)
        {
            case "PUBLIC KEY":
                return Key(PublicKey.CreateFromSubjectPublicKeyInfo(der, out _));
            case "RSA PUBLIC KEY":
                var rsa = RSA.Create();
                rsa.ImportRSAPublicKey(der, out _);
                return ClientKey.Of(rsa);
            case "CERTIFICATE":
                using (var certificate = X509CertificateLoader.LoadCertificate(der)) return Key(certificate.PublicKey);
            default:
                throw new CryptographicException(label.EndsWith("PRIVATE KEY", StringComparison.Ordinal)
                    ? "it has a private key, which belongs to the application alone"
                    : $"'{label}' is no public key");
        }
    }

    private static ClientKey Key(PublicKey key) => key.Oid.Value switch
    {
        RsaOid => ClientKey.Of(key.GetRSAPublicKey()!),
        EcOid => ClientKey.Of(key.GetECDsaPublicKey()!),
        Ed25519Oid => ClientKey.OfEd25519(key.EncodedKeyValue.RawData),
        _ => throw new CryptographicException("a key must be RSA, P-256 or Ed25519"),
    };
}
