using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NotifyHub.TestKit;

/// <summary>A certificate for this machine's name, created for a test.</summary>
public sealed class TestCertificate : IDisposable
{
    private readonly X509Certificate2 _certificate;

    public TestCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        KeyPem = key.ExportPkcs8PrivateKeyPem();
    }

    public string Pem => _certificate.ExportCertificatePem();

    public string KeyPem { get; }

    public byte[] Pfx(string password) => _certificate.Export(X509ContentType.Pkcs12, password);

    /// <summary>Accepts only a server that presents this certificate.</summary>
    public bool IsShown(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) => IsShown(shown);

    public bool IsShown(X509Certificate? shown) => shown is not null && shown.GetCertHashString() == _certificate.Thumbprint;

    public void Dispose() => _certificate.Dispose();
}
