using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace NotifyHub.Telemetry;

/// <summary>Where Prometheus scrapes: a port that serves only <see cref="Path"/>, which no other port serves.</summary>
public sealed partial class MetricsEndPoint
{
    public const string Path = "/metrics";

    private ListenOptions? _listen;

    /// <param name="address">IP address, or <c>*</c> for every one.</param>
    /// <param name="port">-1: none.</param>
    public MetricsEndPoint(string address, int port) =>
        Wanted = port is < 0 or > IPEndPoint.MaxPort
            ? null
            : new IPEndPoint(IPAddress.TryParse(address, out var parsed) ? parsed : Any, port);

    /// <summary>As the settings say. They are read before they are validated: an invalid value is reported there, with all the
    /// others.</summary>
    /// <param name="settings">The section that has <c>MetricsAddress</c> and <c>MetricsPort</c>.</param>
    /// <param name="defaults">What holds where they say nothing.</param>
    public static MetricsEndPoint Of(IConfiguration settings, (string Address, int Port) defaults) =>
        new(settings.GetValue("MetricsAddress", defaults.Address)!, settings.GetValue("MetricsPort", defaults.Port));

    /// <summary>As asked for; null: nothing is to be scraped here.</summary>
    public IPEndPoint? Wanted { get; }

    /// <summary>The port as bound (never 0 once started); -1: there is none.</summary>
    public int Port => _listen?.IPEndPoint?.Port ?? -1;

    internal void ListenOn(IServiceCollection services)
    {
        if (Wanted is null) return;
        services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(Wanted, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            // Known by the connection, not by the port: a proxy or a port forwarding cannot make one look like the other.
            listen.Use(next => connection =>
            {
                connection.Features.Set(Scrape.Mark);
                return next(connection);
            });
            _listen = listen;
        }));
    }

    // A machine may be without IPv6.
    private static IPAddress Any => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;

    [LoggerMessage(101, LogLevel.Information, "Metrics for Prometheus are served on {EndPoint}")]
    private static partial void LogServed(ILogger logger, IPEndPoint? endPoint);

    private sealed class Scrape
    {
        public static readonly Scrape Mark = new();
    }

    /// <summary>Answers the metrics port. Must be the first middleware: nothing else may be reachable there.</summary>
    internal static void Use(WebApplication app)
    {
        var endPoint = app.Services.GetRequiredService<MetricsEndPoint>();
        if (endPoint.Wanted is null) return;
        app.Lifetime.ApplicationStarted.Register(() => LogServed(app.Logger, endPoint._listen?.IPEndPoint));
        app.MapWhen(context => context.Features.Get<Scrape>() is not null, port =>
        {
            port.UseOpenTelemetryPrometheusScrapingEndpoint(Path);
            port.Run(context =>
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            });
        });
    }
}
