using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Hosting;

namespace NotifyHub.Gateway.Site;

/// <summary>Where the console listens.</summary>
public sealed class ConsoleEndPoint(IOptions<GatewayOptions> options, ServerCertificate certificate)
{
    private ListenOptions? _listen;

    /// <summary>The port as asked for; null: no console is wanted.</summary>
    public IPEndPoint? Wanted { get; } = options.Value.ConsolePort < 0
        ? null
        : new IPEndPoint(ListenAddress.Of(options.Value.ConsoleAddress), options.Value.ConsolePort);

    /// <summary>
    /// Whether browsers must use only TLS with this host (HSTS). They apply it to each of its ports: with WebSockets on a
    /// plain one they would not reach that any more.
    /// </summary>
    internal bool IsStrict(HttpRequest request) =>
        request.IsHttps
        && !request.Host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        && certificate.Guards(TlsPorts.WebSocket) == certificate.Guards(TlsPorts.Console);

    /// <summary>The port as bound (never 0 once started); -1: there is none.</summary>
    public int Port => _listen?.IPEndPoint?.Port ?? -1;

    internal void ListenOn(KestrelServerOptions kestrel)
    {
        if (Wanted is null) return;
        kestrel.Listen(Wanted, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            certificate.Guard(listen, TlsPorts.Console);
            _listen = listen;
        });
    }
}
