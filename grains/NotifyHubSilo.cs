using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Accounts;
using NotifyHub.Grains.Audit;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Clocks;
using NotifyHub.Grains.Connections;
using NotifyHub.Grains.Namespaces;
using NotifyHub.Grains.Notifications;
using NotifyHub.Grains.Schedules;
using NotifyHub.Grains.Service;
using NotifyHub.Grains.Storage;
using NotifyHub.Grains.Telemetry;
using NotifyHub.Grains.Usage;
using NotifyHub.Hosting;
using NotifyHub.Hosting.Settings;
using Orleans.Configuration;
using SiloOptions = NotifyHub.Grains.Settings.SiloOptions;

namespace NotifyHub.Grains;

/// <summary>Everything a process needs to be a NotifyHub silo, whether it is a silo alone or a gateway with one inside.</summary>
public static class NotifyHubSilo
{
    // All that Orleans has a clock for.
    private static readonly string[] OrleansClocks =
    [
        TimeProviderNames.Grains, TimeProviderNames.Messaging, TimeProviderNames.SystemTimers,
        TimeProviderNames.Membership, TimeProviderNames.ActivationManagement, TimeProviderNames.GrainDirectory,
    ];
    private const string StorageSetting = $"{SiloOptions.Section}:{nameof(SiloOptions.Storage)}";

    /// <summary>Settings come from the section <see cref="CommonOptions.Section"/>.</summary>
    /// <param name="embedded">The only silo, inside a gateway: it listens for other silos and clients on loopback only.</param>
    public static ISiloBuilder AddNotifyHubSilo(this ISiloBuilder silo, IConfiguration configuration, bool embedded)
    {
        silo.Services.AddOptions<SiloOptions>().Bind(configuration.GetSection(SiloOptions.Section));
        silo.Services.AddSingleton<DataLock>();
        if (embedded) silo.UseEmbeddedClustering();
        else silo.UseSharedClustering();
        return silo.AddNotifyHubGrains(embedded);
    }

    /// <summary>The grains' services and storage without any clustering, which the caller chooses.</summary>
    public static ISiloBuilder AddNotifyHubGrains(this ISiloBuilder silo, bool embedded)
    {
        var services = silo.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new SteadyClock(provider.GetRequiredService<TimeProvider>()));
        foreach (var use in OrleansClocks)
            services.AddKeyedSingleton<TimeProvider>(use, (provider, _) => provider.GetRequiredService<SteadyClock>());
        services.AddHostedService<ClockWatch>();
        services.AddMetrics();
        services.AddSingleton<SiloMetrics>();
        services.AddSingleton(new SiloMode(embedded));
        services.AddSingleton<IValidateOptions<SiloOptions>, SiloOptionsCheck>();
        services.AddSingleton(provider => DatabaseFactory.Open(
            provider.GetRequiredService<IOptions<SiloOptions>>().Value.Storage, provider.GetService<ILogger<Database>>()));
        services.AddSingleton<MessageStore>();
        services.AddSingleton<ChannelStore>();
        services.AddSingleton<ChannelReader>();
        services.AddSingleton<ChannelSweep>();
        services.AddSingleton<PublishKeyStore>();
        services.AddSingleton<LogStores>();
        services.AddSingleton<EpochStore>();
        services.AddSingleton<NotificationSweep>();
        services.AddSingleton<ReportPositions>();
        services.AddSingleton<DeliveryStore>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<SessionQueries>();
        services.AddSingleton<SessionCap>();
        services.AddSingleton<HousekeepingLock>();
        services.AddSingleton<HistorySweep>();
        services.AddHostedService<Housekeeping>();
        services.AddSingleton<UserStore>();
        services.AddSingleton<ApiKeyStore>();
        services.AddSingleton<NamespaceStore>();
        services.AddSingleton<Passwords>();
        services.AddSingleton<ScheduleStore>();
        services.AddSingleton<UsageSweep>();
        services.AddSingleton<AuditSweep>();
        services.AddSingleton<FailedLogins>();
        services.AddHostedService(provider => provider.GetRequiredService<FailedLogins>());
        services.AddSingleton<Scheduler>();
        services.AddHostedService<ScheduleKeeper>();
        services.AddHostedService<StorageProbe>();
        services.AddSingleton<SiloStartup>();
        services.AddHostedService(provider => provider.GetRequiredService<SiloStartup>());

        silo.AddIncomingGrainCallFilter<StorageFaultFilter>();
        // There are as many grains as channels, gateways and people who sign in; Orleans' default is room for a million, 18 MB.
        silo.Configure<GrainDirectoryOptions>(directory => directory.CacheSize = 10_000);
        silo.UseSystemTextJsonGrainStorageSerializer();
        silo.AddAdoNetGrainStorageAsDefault(options => options.Configure<Database>((storage, database) =>
        {
            storage.Invariant = database.Invariant;
            storage.DataSource = database.DataSource;
        }));
        return silo;
    }

    /// <summary>
    /// Checks the settings and prepares the database before the host starts, so that a fault is one line instead of the host's
    /// stack traces. A host that does not call this does the same while it starts.
    /// </summary>
    /// <returns>Null: ready. Otherwise what to tell the operator before the process ends.</returns>
    public static async Task<string?> PrepareSiloAsync(this IServiceProvider services, CancellationToken cancellation = default)
    {
        try
        {
            services.CheckSilo();
            // Embedded, a silo has the file to itself; the silos of a grid may share one.
            if (services.GetRequiredService<Database>().DataFile is { } file)
            {
                services.GetRequiredService<DataLock>()
                    .Take(StorageSetting, file, isShared: !services.GetRequiredService<SiloMode>().Embedded);
            }

            await services.GetRequiredService<SiloStartup>().PrepareAsync(cancellation);
            return null;
        }
        catch (Exception fault) when (StartFault.Explain(fault) is { } lines)
        {
            return lines;
        }
    }

    /// <summary>Checks the settings, the connection string with them, without touching the database.</summary>
    /// <exception cref="OptionsValidationException">They have faults.</exception>
    /// <exception cref="StartFaultException">The connection string has.</exception>
    public static void CheckSilo(this IServiceProvider services)
    {
        try
        {
            services.GetRequiredService<Database>();
        }
        catch (ArgumentException fault)
        {
            throw new StartFaultException(fault.Message, fault);
        }
    }

    private static void UseEmbeddedClustering(this ISiloBuilder silo)
    {
        // A cluster of its own: two NotifyHubs on one machine must not find each other.
        silo.UseLocalhostClustering(
            EndpointOptions.DEFAULT_SILO_PORT,
            gatewayPort: 0,
            serviceId: ClusterIdentity.ServiceId,
            clusterId: $"{ClusterIdentity.ClusterId}-{Guid.NewGuid():N}");
        // Nobody connects to the only silo, so the port above is merely part of its name, and the system assigns the one that it
        // listens on: a port that was free a moment ago may be taken by now.
        silo.Configure<EndpointOptions>(endpoints => endpoints.SiloListeningEndpoint = new IPEndPoint(IPAddress.Loopback, 0));
    }

    private static void UseSharedClustering(this ISiloBuilder silo)
    {
        silo.UseAdoNetClustering(options => options.Configure<Database>((clustering, database) =>
        {
            clustering.Invariant = database.Invariant;
            clustering.DataSource = database.DataSource;
        }));
        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) =
            (ClusterIdentity.ClusterId, ClusterIdentity.ServiceId));
        silo.Services.AddOptions<EndpointOptions>().Configure<IOptions<SiloOptions>>(ConfigureEndpoints);
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            // A dead silo is voted out in about 6 s instead of 15; a garbage collection or a busy disk does not take that long.
            membership.ProbeTimeout = TimeSpan.FromSeconds(2);
            membership.NumMissedProbesLimit = 3;
            // Answers that were slow for a while must not stretch that time.
            membership.MaxProbeTimeout = TimeSpan.FromSeconds(2);
            // A silo that was frozen and declared dead meanwhile must notice and end before its gateways' leases seem to end.
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(3);
            // When all silos have died at once, the first to return waits until the others' last signs of life are stale: 6 s
            // instead of 90 s.
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(2);
            membership.NumMissedTableIAmAliveLimit = 3;
            // Restarted silos must not wait for the rows of their former processes.
            membership.DefunctSiloExpiration = TimeSpan.FromDays(1);
        });
        silo.Configure<SiloConnectionOptions>(connections =>
            connections.ConfigureGatewayInboundConnection(connection => SilentGateways.End(connection, TimeProvider.System)));
        // Messages for a gateway whose connection has ended then go through another silo instead of waiting for its return.
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ClientDropTimeout = TimeSpan.FromSeconds(2));
        silo.Services.AddHostedService<SiloReporter>();
    }

    private static void ConfigureEndpoints(EndpointOptions endpoints, IOptions<SiloOptions> options)
    {
        var settings = options.Value;
        endpoints.SiloPort = settings.SiloPort;
        endpoints.GatewayPort = settings.GatewayPort;
        // Unset, Orleans advertises the machine's own address.
        if (settings.AdvertisedAddress.Length == 0) return;
        endpoints.AdvertisedIPAddress = MachineAddress.Find(settings.AdvertisedAddress)!; // Found when the settings were checked.
    }
}
