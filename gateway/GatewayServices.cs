using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Api;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Cluster;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Push;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Sockets;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains;

namespace NotifyHub.Gateway;

/// <summary>The services of a gateway, folder by folder.</summary>
public static class GatewayServices
{
    /// <summary>Adds the gateway's own services, its endpoint, and its way into the grid.</summary>
    public static void AddGateway(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<GatewayOptions>().Bind(builder.Configuration.GetSection(GatewayOptions.Section));
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<GatewayMetrics>();
        services.AddNetwork();
        services.AddChannel();
        services.AddClients();
        services.AddSingleton<PushListener>();
        services.AddCluster();
        builder.AddWebServer();
        builder.AddGrid();
        services.AddHostedServices();
    }

    private static void AddNetwork(this IServiceCollection services)
    {
        services.AddSingleton<GatewayNode>();
        services.AddSingleton<TrustedProxies>();
        services.AddSingleton(provider => new ConnectRate(
            Options(provider).ClientConnectsPerSecond, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new HttpPorts(
            provider.GetRequiredService<IOptions<GatewayOptions>>(),
            provider.GetRequiredService<TrustedProxies>(),
            provider.GetRequiredService<GatewayMetrics>().HttpRefused));
        services.AddSingleton(provider => provider.GetRequiredService<HttpPorts>().Add(isClientPort: true));
        services.AddSingleton<ServerCertificate>();
    }

    private static void AddChannel(this IServiceCollection services)
    {
        services.AddSingleton<Namespaces>();
        services.AddSingleton<ChannelLogs>();
        services.AddSingleton<ChannelDrafts>();
        services.AddSingleton<ChannelHistory>();
        services.AddSingleton<Publisher>();
        services.AddSingleton<DeliveryTimes>();
        services.AddSingleton<DeliveryCounts>();
        services.AddSingleton<ChannelFollower>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ClientMemory>(
            provider, (long)Options(provider).ClientMemoryBytes));
        services.AddSingleton<History>();
    }

    private static void AddClients(this IServiceCollection services)
    {
        services.AddSingleton<ClientKeys>();
        services.AddSingleton<ClientTokens>();
        services.AddSingleton<ClientAuthentication>();
        services.AddSingleton<HandshakeLog>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Heartbeat>(provider, Options(provider)));
        services.AddSingleton<ChannelAccess>();
        services.AddSingleton<Subscriptions>();
        services.AddSingleton<MissedMessages>();
        services.AddSingleton<ChannelSubscriber>();
        services.AddSingleton(provider => new TokenRenewal(
            provider.GetRequiredService<ClientAuthentication>().RenewAsync, provider.GetRequiredService<ChannelSubscriber>()));
        services.AddSingleton<ChannelRequests>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ClientReader>(
            provider, Options(provider).ClientMessageBytes));
        services.AddSingleton<SenderPool>();
        services.AddSingleton<ClientRegistry>();
        services.AddSingleton<ClientCloser>();
        services.AddSingleton(provider => new ClientEndPoint(GatewayHost.EndPoint(Options(provider))));
        services.AddSingleton<ClientTransport>();
        services.AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<ClientTransport>());
    }

    private static void AddCluster(this IServiceCollection services)
    {
        services.AddSingleton<ListenerControl>();
        // Both stay here for the whole life of the process: Orleans holds observers weakly, and a collected one gets no calls.
        services.AddSingleton<GatewayObserver>();
        services.AddSingleton(provider => provider.GetRequiredService<IGrainFactory>()
            .CreateObjectReference<IGatewayObserver>(provider.GetRequiredService<GatewayObserver>()));
        services.AddSingleton<GridContact>();
        services.AddSingleton<NodeReports>();
        services.AddSingleton<NamespaceFollower>();
        services.AddOptions<HostOptions>()
            .Configure<IOptions<GatewayOptions>>((host, options) => host.ShutdownTimeout = Drain.Limit(options.Value));
    }

    private static void AddWebServer(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<HealthPort>();
        builder.WebHost.UseKestrelCore();
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IServiceProvider>(Configure);
    }

    private static void Configure(KestrelServerOptions kestrel, IServiceProvider provider)
    {
        var options = Options(provider);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.RequestBytes;
        // What a connection has sent and is not read yet; a whole head must fit.
        kestrel.Limits.MaxRequestBufferSize = Math.Max(64 << 10, options.HeaderBytes + (16 << 10));
        kestrel.Limits.MaxRequestHeadersTotalSize = options.HeaderBytes;
        kestrel.Limits.RequestHeadersTimeout = options.HandshakeTimeout;

        var endPoint = provider.GetRequiredService<ClientEndPoint>().EndPoint;
        // Of every port, also of those that others add: the console's, the metrics'. The connections of a port take no place on
        // another one.
        kestrel.ConfigureEndpointDefaults(listen =>
        {
            var connections = ReferenceEquals(listen.EndPoint, endPoint)
                ? provider.GetRequiredService<HttpConnections>()
                : provider.GetRequiredService<HttpPorts>().Add(isClientPort: false);
            listen.Use(next => connections.Guard(next));
        });
        provider.GetRequiredService<HealthPort>().ListenOn(kestrel);
        kestrel.Listen(endPoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            provider.GetRequiredService<ServerCertificate>().Guard(listen, TlsPorts.WebSocket);
        });
    }

    private static void AddGrid(this WebApplicationBuilder builder)
    {
        // Before the silo: they need nothing of it at their end.
        builder.Services.AddHostedService<TokenWatch>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<ServerCertificate>());
        var settings = builder.Configuration.GetSection(GatewayOptions.Section);
        if (settings.GetValue(nameof(GatewayOptions.Mode), GatewayMode.Embedded) == GatewayMode.Embedded)
            builder.UseOrleans(silo => silo.AddNotifyHubSilo(builder.Configuration, embedded: true).AddActivityPropagation());
        else
            builder.UseOrleansClient(client => SiloList.Join(client.AddActivityPropagation()));
    }

    /// <summary>Stopped in the reverse order, after the drain: first the web server, then unregistering from the grid, the silo
    /// last.</summary>
    private static void AddHostedServices(this IServiceCollection services)
    {
        services.AddHostedService<HeartbeatService>();
        services.AddHostedService(provider => provider.GetRequiredService<PushListener>());
        services.AddHostedService<DeliveryReporter>();
        services.AddHostedService<SessionReporter>();
        services.AddHostedService(provider => provider.GetRequiredService<NamespaceFollower>());
        services.AddHostedService<GridRegistration>();
        services.AddHostedService<Drain>();
    }

    private static GatewayOptions Options(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<GatewayOptions>>().Value;
}
