using System.Net;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>
/// As behind a headless service of Kubernetes or a service of Docker Compose: one name resolves to all silos, and each silo
/// finds its own address in the shared network. Every process runs on a host of its own, see <see cref="Network"/>.
/// </summary>
public sealed class OneNameTests : IAsyncLifetime
{
    private const string Password = "of the administrator";

    private readonly PostgresServer _database = new();
    private readonly List<NotifyHubProcess> _silos = [];
    private Network? _network;
    private DirectoryInfo? _names;

    [Fact]
    public async Task A_gateway_finds_all_silos_by_one_name_and_goes_on_with_any_of_them()
    {
        var host = await _network!.AddHostAsync();
        // 'ip netns exec' mounts these files over /etc.
        _names = Directory.CreateDirectory(Path.Combine("/etc/netns", host.Namespace));
        await File.WriteAllLinesAsync(
            Path.Combine(_names.FullName, "hosts"),
            ["127.0.0.1 localhost", .. _silos.Select(silo => $"{silo.Address} silos")],
            TestContext.Current.CancellationToken);
        await using var gateway = NotifyHubProcess.Gateway(
            null, ("Mode", "Cluster"), ("Silos__0", "silos:30000"), ("JwtKey", new string('k', 64)));
        gateway.Host = host;

        await Task.WhenAll(_silos.Append(gateway).Select(process => process.StartAgainAsync()));
        using var rest = gateway.Rest();
        await UntilNodesAsync(rest, [.. _silos.Select(silo => $"{silo.Address}:30000")]);
        await rest.LogInAsync("admin@notifyhub.com", Password);

        foreach (var (lost, left) in new[] { (_silos[0], _silos[1]), (_silos[1], _silos[0]) })
        {
            await lost.KillAsync();
            await UntilPublishedAsync(rest, $"without-{lost.Address}");
            await UntilNodesAsync(rest, $"{left.Address}:30000");
            await lost.StartAgainAsync();
            await UntilNodesAsync(rest, [.. _silos.Select(silo => $"{silo.Address}:30000")]);
        }
    }

    public async ValueTask InitializeAsync()
    {
        _network = await Network.CreateAsync();
        _database.Network = _network.Range;
        await _database.InitializeAsync();
        var storage = await _database.CreateDatabaseAsync();
        for (var i = 0; i < 2; i++)
        {
            var host = await _network.AddHostAsync();
            var shared = IPNetwork.Parse($"{host.Address[..host.Address.LastIndexOf('.')]}.0/24");
            var silo = NotifyHubProcess.Silo(
                null, ("Storage", storage), ("AdministratorPassword", Password), ("AdvertisedAddress", $"{shared}"));
            silo.Host = host;
            _silos.Add(silo);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos) await silo.DisposeAsync();
        await _database.DisposeAsync();
        if (_network is not null) await _network.DisposeAsync();
        _names?.Delete(recursive: true);
    }

    private static async Task UntilNodesAsync(RestClient rest, params string[] silos)
    {
        RestAnswer? answer = null;
        await Until.TrueAsync(
            async () => (answer = await rest.GetAsync("/api/system/websocket/status")).Status == HttpStatusCode.OK
                && Silos(answer).SequenceEqual(silos.Order()),
            () => answer?.Body ?? "no answer", $"silos {string.Join(' ', silos)}");
    }

    private static async Task UntilPublishedAsync(RestClient rest, string key)
    {
        RestAnswer? answer = null;
        await Until.TrueAsync(
            async () => (answer = await rest.PostAsync("/api/push", "{}", ("Idempotency-Key", key))).Status == HttpStatusCode.OK,
            () => answer?.Body ?? "no answer", "a publish is acknowledged");
    }

    private static IEnumerable<string> Silos(RestAnswer status) =>
        status.Data.GetProperty("nodes").EnumerateArray()
            .Where(node => node.GetProperty("role").GetString() == "silo")
            .Select(node => node.GetProperty("address").GetString()!)
            .Order();
}
