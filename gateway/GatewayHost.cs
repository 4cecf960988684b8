using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Api;
using NotifyHub.Gateway.Cluster;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Push;
using NotifyHub.Gateway.Site;
using NotifyHub.Gateway.Sockets;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.Grains;
using NotifyHub.Telemetry;

namespace NotifyHub.Gateway;

/// <summary>How a gateway process is put together, started and told to its user.</summary>
public static class GatewayHost
{
    /// <summary>The gateway's own services, its endpoint, and its way into the grid.</summary>
    public static void AddGateway(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<GatewayOptions>().Bind(builder.Configuration.GetSection(GatewayOptions.Section));
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<GatewayNode>();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<Publisher>();
        services.AddSingleton<DeliveryTimes>();
        services.AddSingleton<DeliveryCounts>();
        services.AddSingleton<ChannelFollower>();
        services.AddSingleton<History>();
        services.AddSingleton<Subscriptions>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ClientReader>(
            provider, provider.GetRequiredService<IOptions<GatewayOptions>>().Value.ClientMessageBytes));
        services.AddSingleton<Clients>();
        services.AddSingleton<PushListener>();
        services.AddSingleton<ServiceSwitch>();
        services.AddSingleton<GatewayObserver>();
        services.AddSingleton(provider => new ClientEndPoint(EndPoint(provider.GetRequiredService<IOptions<GatewayOptions>>().Value)));
        services.AddSingleton<TrustedProxies>();
        services.AddSingleton<SocketAccess>();
        services.AddSingleton(provider => new ConnectRate(
            provider.GetRequiredService<IOptions<GatewayOptions>>().Value.ClientConnectsPerSecond,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<HttpPorts>();
        services.AddSingleton(provider => provider.GetRequiredService<HttpPorts>().Add(isClientPort: true));
        services.AddSingleton<HealthPort>();
        services.AddHostedService<TokenWatch>();
        services.AddSingleton<ServerCertificate>();
        services.AddHostedService(provider => provider.GetRequiredService<ServerCertificate>());
        services.AddSingleton<ClientTransport>();
        services.AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<ClientTransport>());
        services.AddOptions<HostOptions>().Configure<IOptions<GatewayOptions>>((host, options) => host.ShutdownTimeout = Drain.Limit(options.Value));

        builder.WebHost.UseKestrelCore();
        services.AddOptions<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>()
            .Configure<ClientEndPoint, ServerCertificate, HealthPort, IOptions<GatewayOptions>, IServiceProvider>((
                kestrel, endPoint, certificate, health, options, provider) =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = options.Value.RequestBytes;
                kestrel.Limits.MaxRequestHeadersTotalSize = options.Value.HeaderBytes;
                kestrel.Limits.RequestHeadersTimeout = options.Value.HandshakeTimeout;
                // Of every port, also of those that others add: the console's, the metrics'. A port's connections take no place
                // on another one.
                kestrel.ConfigureEndpointDefaults(listen =>
                {
                    var isClientPort = ReferenceEquals(listen.EndPoint, endPoint.EndPoint);
                    var connections = isClientPort
                        ? provider.GetRequiredService<HttpConnections>()
                        : provider.GetRequiredService<HttpPorts>().Add(isClientPort: false);
                    listen.Use(next => connections.Guard(next));
                });
                health.ListenOn(kestrel);
                kestrel.Listen(endPoint.EndPoint, listen =>
                {
                    listen.Protocols = Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http1;
                    certificate.Guard(listen, TlsPorts.WebSocket);
                });
            });

        // Stopped in the reverse order, after the drain: first the web server, then the goodbye to the grid, the silo last.
        var settings = builder.Configuration.GetSection(GatewayOptions.Section);
        if (settings.GetValue(nameof(GatewayOptions.Mode), GatewayMode.Embedded) == GatewayMode.Embedded)
            builder.UseOrleans(silo => silo.AddNotifyHubSilo(builder.Configuration, embedded: true).AddActivityPropagation());
        else
            builder.UseOrleansClient(client => SiloList.Join(client.AddActivityPropagation()));
        services.AddHostedService(provider => provider.GetRequiredService<Clients>());
        services.AddHostedService(provider => provider.GetRequiredService<PushListener>());
        services.AddHostedService<DeliveryReporter>();
        services.AddSingleton<GridLink>();
        services.AddHostedService(provider => provider.GetRequiredService<GridLink>());
        services.AddHostedService<Drain>();
    }

    /// <summary>Tells what the gateway does to whom the settings and the standard <c>OTEL_*</c> variables name.</summary>
    public static void AddGatewayTelemetry(this WebApplicationBuilder builder)
    {
        var defaults = new GatewayOptions();
        builder.AddTelemetry("notifyhub-gateway", MetricsEndPoint.Of(
            builder.Configuration.GetSection(GatewayOptions.Section), (defaults.MetricsAddress, defaults.MetricsPort)));
    }

    /// <summary>Checks all settings and makes the embedded database ready, so that a fault is a line to read and not a stack trace.</summary>
    /// <returns>Null: ready. Otherwise what to tell the operator before the process ends.</returns>
    public static async Task<string?> PrepareGatewayAsync(this IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        if (IsTaken(EndPoint(options))) return PortInUse(nameof(options.WebSocketPort), options.WebSocketPort);
        if (services.GetRequiredService<ConsoleEndPoint>().Wanted is { } console && IsTaken(console))
            return PortInUse(nameof(options.ConsolePort), options.ConsolePort);
        if (options.HealthPort > 0 && IsTaken(new IPEndPoint(Parse("*"), options.HealthPort)))
            return PortInUse(nameof(options.HealthPort), options.HealthPort);
        if (services.GetRequiredService<MetricsEndPoint>() is { Wanted: { } metrics } && IsTaken(metrics))
            return MetricsEndPoint.InUse(metrics.Port);
        return options.Mode == GatewayMode.Embedded ? await services.PrepareSiloAsync() : null;
    }

    /// <summary>What to tell the operator when a setting is wrong; null: the failure is about something else.</summary>
    public static string? SettingsFault(this Exception failure) => failure switch
    {
        OptionsValidationException faults => string.Join(Environment.NewLine, faults.Failures),
        // A value that is no number, time or the like. Known by who threw it, for the type says nothing.
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } => failure.Message,
        _ => null,
    };

    /// <summary>Runs until told to end. Answers the process's exit code.</summary>
    public static async Task<int> RunGatewayAsync(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        try
        {
            await app.StartAsync();
            // The push port opens when the grid has said that the service is to run.
            await app.Services.GetRequiredService<GridLink>().FirstContact.WaitAsync(app.Lifetime.ApplicationStopping);
        }
        catch (OperationCanceledException)
        {
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            await Console.Error.WriteLineAsync(PortInUse(options, e.Message));
            return 1;
        }
        catch (IOException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            await app.StopAsync();
            return 1;
        }

        Welcome(
            app.Services.GetRequiredService<GatewayNode>(),
            app.Services.GetRequiredService<ConsoleEndPoint>(),
            app.Services.GetRequiredService<ServerCertificate>());
        await app.WaitForShutdownAsync();
        return 0;
    }

    /// <summary>Asked before anything starts. Found out only by the web server, a taken port costs the operator a page of stack traces.</summary>
    private static bool IsTaken(IPEndPoint endPoint)
    {
        try
        {
            ClientTransport.Listen(endPoint).Dispose();
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return true;
        }
    }

    private static string PortInUse(string setting, int port) =>
        $"Port {port} is in use by another process. Stop it, or set NotifyHub:{setting} (environment NotifyHub__{setting}) to a free one.";

    // Taken between the question and the web server's own attempt, whose words name the address.
    private static string PortInUse(GatewayOptions options, string message)
    {
        if (IsNamed(options.ConsolePort)) return PortInUse(nameof(options.ConsolePort), options.ConsolePort);
        return IsNamed(options.HealthPort)
            ? PortInUse(nameof(options.HealthPort), options.HealthPort)
            : PortInUse(nameof(options.WebSocketPort), options.WebSocketPort);

        bool IsNamed(int port) => port > 0 && message.Contains($":{port}", StringComparison.Ordinal);
    }

    private static IPEndPoint EndPoint(GatewayOptions options) => new(Parse(options.Address), options.WebSocketPort);

    internal static IPAddress Parse(string address) => address == "*" ? IPAddress.IPv6Any : IPAddress.Parse(address);

    /// <summary>The first thing a new user reads: what listens where, and what to try.</summary>
    private static void Welcome(GatewayNode node, ConsoleEndPoint console, ServerCertificate certificate)
    {
        var s = certificate.Guards(TlsPorts.WebSocket) ? "s" : "";
        var nc = certificate.Guards(TlsPorts.Push) ? "openssl s_client -quiet -connect localhost:" : "nc localhost ";
        var site = $"http{(certificate.Guards(TlsPorts.Console) ? "s" : "")}://localhost:{console.Port}/";
        var hasConsole = console.Port > 0;
        var listening = hasConsole ? $"Console on port {console.Port}...                         {site}" : "No console (ConsolePort is -1).";
        var page = hasConsole ? site : $"http{s}://localhost:{node.WebSocketPort}/websocket-test.html   and press 連線";
        Console.WriteLine(
            $$$"""

              NotifyHub is running.
                WebSocket Server starting on port {{{node.WebSocketPort}}}...       ws{{{s}}}://localhost:{{{node.WebSocketPort}}}/
                Internal Push Interface on port {{{node.PushPort}}}...
                {{{listening}}}

              Try next:
                open     {{{page}}}
                push     echo '{"type":"test","data":{}}' | {{{nc}}}{{{node.PushPort}}}
                status   curl http{{{s}}}://localhost:{{{node.WebSocketPort}}}/api/system/websocket/status
                API      http{{{s}}}://localhost:{{{node.WebSocketPort}}}/docs
              Ctrl+C ends it.

            """);
    }
}
