using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NotifyHub.Gateway.Settings;

/// <summary>A certificate with its key and its intermediates, as read from the files that the settings name.</summary>
/// <param name="Fingerprint">Of all that was read: another one, another certificate.</param>
internal sealed record CertificateFiles(SslStreamCertificateContext Context, string Fingerprint)
{
    private const string CertificateSetting = $"{GatewayOptions.Section}:{nameof(GatewayOptions.TlsCertificateFile)}";
    private const string KeySetting = $"{GatewayOptions.Section}:{nameof(GatewayOptions.TlsKeyFile)}";

    /// <exception cref="IOException">They cannot be used; the message names the setting and says why.</exception>
    public static CertificateFiles Read(GatewayOptions options)
    {
        var certificate = ReadFile(CertificateSetting, options.TlsCertificateFile);
        var key = options.TlsKeyFile.Length == 0 ? [] : ReadFile(KeySetting, options.TlsKeyFile);
        try
        {
            var all = certificate.AsSpan().IndexOf("-----BEGIN"u8) >= 0
                ? FromPem(System.Text.Encoding.UTF8.GetString(certificate), System.Text.Encoding.UTF8.GetString(key),
                    options.TlsPassword)
                : X509CertificateLoader.LoadPkcs12Collection(certificate, options.TlsPassword);
            var leaf = all.FirstOrDefault(one => one.HasPrivateKey)
                ?? throw new IOException(
                    $"{CertificateSetting}: '{options.TlsCertificateFile}' does not contain a certificate with its private key.");
            all.Remove(leaf);
            return new CertificateFiles(
                SslStreamCertificateContext.Create(leaf, all, offline: true),
                    Convert.ToHexStringLower(SHA256.HashData([.. certificate, .. key])));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            var files = key.Length == 0
                ? $"'{options.TlsCertificateFile}'" : $"'{options.TlsCertificateFile}' with the key in '{options.TlsKeyFile}'";
            throw new IOException(
                $"{CertificateSetting}: {files} cannot be used: not PEM or PFX, a key of another certificate, "
                + $"or a wrong {GatewayOptions.Section}:{nameof(GatewayOptions.TlsPassword)}. {e.Message}",
                e);
        }
    }

    private static X509Certificate2Collection FromPem(string certificates, string key, string password)
    {
        X509Certificate2Collection all = [];
        all.ImportFromPem(certificates);
        // Both may be in one file.
        if (key.Length == 0) key = certificates;
        using var leaf = password.Length == 0
            ? X509Certificate2.CreateFromPem(certificates, key)
            : X509Certificate2.CreateFromEncryptedPem(certificates, key, password);
        all.RemoveAt(0);
        // By way of PKCS#12, for Windows' TLS cannot use a key that exists in memory alone.
        all.Insert(0, X509CertificateLoader.LoadPkcs12(leaf.Export(X509ContentType.Pkcs12), null));
        return all;
    }

    private static byte[] ReadFile(string setting, string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{setting}: the file '{path}' cannot be read: {e.Message}", e);
        }
    }
}
