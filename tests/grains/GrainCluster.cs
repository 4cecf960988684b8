using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains;
using NotifyHub.Grains.Accounts;
using NotifyHub.Grains.Settings;
using NotifyHub.TestKit;
using Orleans.TestingHost;
using ClientMessagingOptions = Orleans.Configuration.ClientMessagingOptions;
using SiloMessagingOptions = Orleans.Configuration.SiloMessagingOptions;

namespace NotifyHub.GrainTests;

/// <summary>Silos with NotifyHub's grains over a real database, and a client of them.</summary>
public sealed class GrainCluster : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;
    private readonly string? _folder;

    private GrainCluster(InProcessTestCluster cluster, string? folder) => (_cluster, _folder) = (cluster, folder);

    public IGrainFactory Grains => _cluster.Client;

    public IStatsGrain Stats => Grains.GetGrain<IStatsGrain>(GrainKeys.Only);

    public IServiceGrain Service => Grains.GetGrain<IServiceGrain>(GrainKeys.Only);

    public InProcessTestCluster Orleans => _cluster;

    /// <param name="storage">Null: a SQLite file of its own, deleted with the cluster.</param>
    /// <param name="time">The clock of the silos' machines; null: this machine's.</param>
    /// <param name="log">Gets what the silos log.</param>
    public static async Task<GrainCluster> StartAsync(
        string? storage = null, Action<SiloOptions>? configure = null, short silos = 1, TimeProvider? time = null,
        ILoggerProvider? log = null)
    {
        var folder = storage is null ? Directory.CreateTempSubdirectory("notifyhub-grains-").FullName : null;
        var builder = new InProcessTestClusterBuilder(silos);
        // Part of the identity of stored grain state: a second cluster on the same database must find what the first one left.
        builder.Options.ServiceId = ClusterIdentity.ServiceId;
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.Configure<SiloOptions>(options =>
            {
                options.Storage = storage ?? $"Data Source={Path.Combine(folder!, "grains.db")}";
                options.AllowDataLoss = true;
                options.Lease = TimeSpan.FromSeconds(2);
                options.TimeZone = "UTC";
                configure?.Invoke(options);
            });
            silo.Services.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = Until.Limit);
            if (time is not null) silo.Services.AddSingleton(time);
            if (log is not null) silo.Services.AddLogging(logging => logging.AddProvider(log));
            silo.AddNotifyHubGrains(embedded: true);
            // A quarter of the work: a flood of logins still queues up, and the tests spend their time on other things.
            silo.Services.AddSingleton(new Passwords(iterations: 50_000));
        });
        // A busy machine hashes passwords slowly.
        builder.ConfigureClient(client =>
            client.Services.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = Until.Limit));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new GrainCluster(cluster, folder);
    }

    public FakeGateway Gateway(string? id = null) => new(Grains, id);

    public async ValueTask DisposeAsync()
    {
        await _cluster.StopAllSilosAsync();
        await _cluster.DisposeAsync();
        if (_folder is not null) Directory.Delete(_folder, recursive: true);
    }
}
