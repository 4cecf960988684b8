using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace NotifyHub.Gateway.Network;

/// <summary>
/// The certificate that the ports with TLS show. Its files are looked at again and again: a renewed one is shown to whoever connects from then on,
/// without a restart; connections that there are go on with the one they began with.
/// </summary>
public sealed partial class ServerCertificate : BackgroundService
{
    private readonly GatewayOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ServerCertificate> _logger;
    private volatile Shown? _shown;
    private string? _refused;

    /// <exception cref="IOException">The files cannot be used; the message names the setting.</exception>
    public ServerCertificate(IOptions<GatewayOptions> options, TimeProvider time, ILogger<ServerCertificate> logger)
    {
        (_options, _time, _logger) = (options.Value, time, logger);
        if (_options.TlsCertificateFile.Length > 0) _shown = Show(CertificateFiles.Read(_options));
    }

    /// <summary>Whether this port speaks TLS.</summary>
    public bool Guards(TlsPorts port) => _shown is not null && _options.TlsPorts.HasFlag(port);

    /// <summary>Makes an HTTP port speak TLS if the settings say so.</summary>
    public void Guard(ListenOptions listen, TlsPorts port)
    {
        if (!Guards(port)) return;
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = _options.HandshakeTimeout,
            OnConnection = _ => ValueTask.FromResult(_shown!.Http),
        });
    }

    /// <summary>TLS over a connection of the push port, or the stream itself.</summary>
    /// <exception cref="AuthenticationException">The peer does not speak TLS, or not the versions that are spoken here.</exception>
    /// <exception cref="OperationCanceledException">The peer took too long.</exception>
    public async ValueTask<Stream> GuardAsync(Stream stream, CancellationToken stop)
    {
        if (!Guards(TlsPorts.Push)) return stream;
        var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(_options.HandshakeTimeout);
        try
        {
            await tls.AuthenticateAsServerAsync(_shown!.Plain, limit.Token);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_shown is null) return;
        using var timer = new PeriodicTimer(_options.TlsReload, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) Reload();
    }

    private void Reload()
    {
        try
        {
            // Contents and not times: Kubernetes swaps a link, and a copy may keep the time of its original.
            var files = CertificateFiles.Read(_options);
            if (files.Fingerprint == _shown!.Fingerprint) return;
            _shown = Show(files);
            _refused = null;
        }
        catch (IOException e)
        {
            // Certificate and key are seldom written in one moment: what does not fit together yet is looked at again. Told once.
            if (_refused == e.Message) return;
            _refused = e.Message;
            LogKept(e.Message);
        }
    }

    private Shown Show(CertificateFiles files)
    {
        var leaf = files.Context.TargetCertificate;
        var until = leaf.NotAfter.ToUniversalTime();
        LogShown(leaf.Subject, files.Fingerprint, until);
        if (until < _time.GetUtcNow().UtcDateTime) LogExpired(until);
        return new Shown(files.Fingerprint, Options(files.Context, [SslApplicationProtocol.Http11]), Options(files.Context, null));
    }

    private static SslServerAuthenticationOptions Options(SslStreamCertificateContext context, List<SslApplicationProtocol>? protocols) => new()
    {
        ServerCertificateContext = context,
        // Named, because what the system allows by default may be older.
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = protocols,
    };

    private sealed record Shown(string Fingerprint, SslServerAuthenticationOptions Http, SslServerAuthenticationOptions Plain);

    [LoggerMessage(Level = LogLevel.Information, Message = "TLS with the certificate of {Subject}, files {Fingerprint}, good until {Until:u}")]
    private partial void LogShown(string subject, string fingerprint, DateTime until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificate of TLS is out of date since {Until:u}: clients will refuse it")]
    private partial void LogExpired(DateTime until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificate stays as it was, the changed files cannot be used: {Reason}")]
    private partial void LogKept(string reason);
}

/// <summary>The ports that can speak TLS.</summary>
[Flags]
public enum TlsPorts
{
    None = 0,

    /// <summary>WebSocket and REST.</summary>
    WebSocket = 1,

    Push = 2,

    Console = 4,

    All = WebSocket | Push | Console,
}

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
                ? FromPem(System.Text.Encoding.UTF8.GetString(certificate), System.Text.Encoding.UTF8.GetString(key), options.TlsPassword)
                : X509CertificateLoader.LoadPkcs12Collection(certificate, options.TlsPassword);
            var leaf = all.FirstOrDefault(one => one.HasPrivateKey)
                ?? throw new IOException($"{CertificateSetting}: '{options.TlsCertificateFile}' holds no certificate with its private key.");
            all.Remove(leaf);
            return new CertificateFiles(
                SslStreamCertificateContext.Create(leaf, all, offline: true), Convert.ToHexStringLower(SHA256.HashData([.. certificate, .. key])));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            var files = key.Length == 0 ? $"'{options.TlsCertificateFile}'" : $"'{options.TlsCertificateFile}' with the key in '{options.TlsKeyFile}'";
            throw new IOException(
                $"{CertificateSetting}: {files} cannot be used: no PEM or PFX, a key that belongs to another certificate, "
                + $"or not the right {GatewayOptions.Section}:{nameof(GatewayOptions.TlsPassword)}. {e.Message}",
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
