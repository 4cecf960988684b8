using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Settings;

namespace NotifyHub.Gateway.Network;

/// <summary>
/// The certificate that the ports with TLS show. Its files are polled: a renewed one is used for new
/// connections without a restart; existing connections keep the one they began with.
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
    /// <exception cref="AuthenticationException">The peer does not speak TLS, or not the versions that are spoken
    /// here.</exception>
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
            // Certificate and key are rarely written at the same moment: a pair that does not match yet is retried. Logged once.
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
        return new Shown(files.Fingerprint, Options(files.Context, [SslApplicationProtocol.Http11]),
            Options(files.Context, null));
    }

    private static SslServerAuthenticationOptions Options(SslStreamCertificateContext context,
        List<SslApplicationProtocol>? protocols) => new()
    {
        ServerCertificateContext = context,
        // Named, because what the system allows by default may be older.
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = protocols,
    };

    private sealed record Shown(string Fingerprint, SslServerAuthenticationOptions Http, SslServerAuthenticationOptions Plain);

    [LoggerMessage(1101, LogLevel.Information,
        "TLS uses the certificate of {Subject}, files {Fingerprint}, valid until {Until:u}")]
    private partial void LogShown(string subject, string fingerprint, DateTime until);

    [LoggerMessage(1102, LogLevel.Warning, "The TLS certificate expired at {Until:u}: clients will refuse it")]
    private partial void LogExpired(DateTime until);

    [LoggerMessage(1103, LogLevel.Warning,
        "The changed certificate files cannot be used; the previous certificate stays: {Error}")]
    private partial void LogKept(string error);
}
