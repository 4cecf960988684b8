using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests;

/// <summary>The silo as its hosts make it, with its own clustering.</summary>
public sealed class SiloTests(PostgresServer server) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-silo-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Two_embedded_silos_on_one_machine_do_not_meet()
    {
        using var one = Silo(embedded: true, ("Storage", $"Data Source={_folder.FullName}/one/hub.db"));
        using var two = Silo(embedded: true, ("Storage", $"Data Source={_folder.FullName}/two/hub.db"));
        await Task.WhenAll(one.StartAsync(Cancellation), two.StartAsync(Cancellation));

        await Service(one).SetAsync(ServiceCommand.Stop);

        Assert.Equal(new ServiceState(false, 0, 1), await Service(one).GetAsync());
        Assert.Equal(new ServiceState(true, 0), await Service(two).GetAsync());
        Assert.NotNull((await SignInAsync(one, "admin123")).User);
        await Task.WhenAll(one.StopAsync(Cancellation), two.StopAsync(Cancellation));
    }

    [Fact]
    public async Task Silos_that_share_a_database_form_a_grid_and_put_themselves_on_its_list()
    {
        var storage = await server.CreateDatabaseAsync();
        var ports = FreePorts.Take(4);
        using var one = Clustered(ports[0], ports[1]);
        using var two = Clustered(ports[2], ports[3]);
        await Task.WhenAll(one.StartAsync(Cancellation), two.StartAsync(Cancellation));

        NodeStatus[] nodes = [];
        await Until.TrueAsync(
            async () => (nodes = (await Stats(two).StatusAsync()).Nodes).Length == 2,
            () => string.Join(", ", nodes.Select(node => node.Report.Id)));
        Assert.All(nodes, node => Assert.Equal("silo", node.Report.Role));
        Assert.Equal(
            new[] { ports[1], ports[3] }.Select(port => $"127.0.0.1:{port}").Order(),
            nodes.Select(node => node.Report.Address).Order());

        await Service(one).SetAsync(ServiceCommand.Stop);
        Assert.False((await Service(two).GetAsync()).Running);
        Assert.Null((await SignInAsync(two, "admin123")).User);
        Assert.NotNull((await SignInAsync(two, "correct horse")).User);

        await one.StopAsync(Cancellation);
        await Until.TrueAsync(async () => (await Stats(two).StatusAsync()).Nodes.Length == 1);
        Assert.False((await Service(two).GetAsync()).Running);
        await two.StopAsync(Cancellation);

        IHost Clustered(int siloPort, int gatewayPort) => Silo(
            embedded: false,
            ("Storage", storage),
            ("AdministratorPassword", "correct horse"),
            // The servers of the tests do without fsync.
            ("AllowDataLoss", "true"),
            ("AdvertisedAddress", "127.0.0.1"),
            ("SiloPort", $"{siloPort}"),
            ("GatewayPort", $"{gatewayPort}"));
    }

    [Fact]
    public async Task All_faults_of_the_settings_are_reported_at_once()
    {
        using var silo = Silo(
            embedded: false,
            ("Storage", ""),
            ("Lease", "00:00:00"),
            ("TimeZone", "Mars/Base"),
            ("AdvertisedAddress", "nowhere"),
            ("SiloPort", "0"));

        var fault = await silo.Services.PrepareSiloAsync(Cancellation);

        Assert.Equal(
            ["AdministratorPassword", "AdvertisedAddress", "Lease", "SiloPort", "Storage", "TimeZone"],
            fault!.Split(Environment.NewLine).Select(line => line.Split(':')[1]).Order());
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("Data Source=/proc/nowhere/hub.db")]
    [InlineData("Host=127.0.0.1;Port=1;Timeout=2")]
    public async Task An_unusable_database_is_one_line_that_names_the_setting(string storage)
    {
        using var silo = Silo(embedded: true, ("Storage", storage));

        var fault = await silo.Services.PrepareSiloAsync(Cancellation);

        Assert.Contains("NotifyHub:Storage", fault, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault!);
    }

    [Fact]
    public async Task A_host_without_a_prepared_silo_refuses_to_start()
    {
        using var silo = Silo(embedded: true, ("Storage", "Data Source=/proc/nowhere/hub.db"));

        await Assert.ThrowsAsync<StorageUnavailableException>(() => silo.StartAsync(Cancellation));
    }

    private static IHost Silo(bool embedded, params (string Name, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
            settings.ToDictionary(each => $"NotifyHub:{each.Name}", each => (string?)each.Value));
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo => silo.AddNotifyHubSilo(builder.Configuration, embedded));
        return builder.Build();
    }

    private static IServiceGrain Service(IHost silo) => Grains(silo).GetGrain<IServiceGrain>(GrainKeys.Only);

    private static IStatsGrain Stats(IHost silo) => Grains(silo).GetGrain<IStatsGrain>(GrainKeys.Only);

    private static Task<SignIn> SignInAsync(IHost silo, string password) =>
        Grains(silo).GetGrain<IUserGrain>(GrainKeys.User("admin@notifyhub.com"))
            .SignInAsync("admin@notifyhub.com", password, new ClientAddress("127.0.0.1", "127.0.0.1", IsThisMachine: true));

    private static IGrainFactory Grains(IHost silo) => silo.Services.GetRequiredService<IGrainFactory>();
}
