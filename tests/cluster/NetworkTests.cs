using System.Net;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>
/// Connections between hosts are cut silently while all processes live: each runs in its own network namespace. The tests fail
/// with a message on a machine that forbids that.
/// </summary>
public sealed class NetworkTests(NetworkTests.Hosts cluster) : IClassFixture<NetworkTests.Hosts>, IAsyncLifetime
{
    private readonly LocalCluster _cluster = cluster.Cluster;

    private NotifyHubProcess Cut => _cluster.Gateways[0];

    public async ValueTask InitializeAsync()
    {
        await _cluster.HealAsync();
        using var rest = await _cluster.LogInAsync(_cluster.Gateways[1]);
        await Numbers.UntilAsync(rest, numbers => numbers.Active == 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.Network.HealAsync();
        await _cluster.HealAsync();
    }

    [Fact]
    public async Task A_gateway_is_cut_off_from_all_silos_until_it_is_given_up_and_then_returns()
    {
        await using var traffic = await Traffic.StartAsync(_cluster);
        using var rest = await _cluster.LogInAsync(_cluster.Gateways[1]);
        var before = await Numbers.UntilAsync(rest, numbers => numbers.Active == traffic.All.Count);
        var orphans = traffic.All.Count / 2;

        foreach (var silo in _cluster.Silos) await _cluster.Network.CutAsync(Cut.Host!, silo.Host!);

        // Its lease expires. It stays ready, as it still serves what it has; a deep check reports that the grid is unreachable.
        await Numbers.UntilAsync(
            rest, numbers => numbers == new Numbers(traffic.All.Count - orphans, before.Total, before.Errors + orphans));
        using var cut = Cut.Rest();
        (await cut.GetAsync("/health/ready")).Expect(HttpStatusCode.OK);
        (await cut.GetAsync("/health/ready?deep=1")).ExpectError(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        await traffic.Publisher.ContinueAsync();
        await _cluster.Network.HealAsync();

        // Its clients stayed connected: they get what they missed, and their counted end is undone.
        await traffic.Publisher.ContinueAsync();
        await traffic.EndAsync();
        Assert.Equal(0, traffic.All.Sum(client => client.Resumes));
        await Numbers.UntilAsync(rest, numbers => numbers == before);
    }

    [Fact]
    public async Task A_gateway_cut_off_from_the_channels_silo_goes_through_the_other()
    {
        await using var traffic = await Traffic.StartAsync(_cluster);
        using var rest = await _cluster.LogInAsync(_cluster.Gateways[1]);
        var before = await Numbers.UntilAsync(rest, numbers => numbers.Active == traffic.All.Count);

        await _cluster.Network.CutAsync(Cut.Host!, (await _cluster.ChannelSiloAsync()).Host!);

        await traffic.Publisher.ContinueAsync(50);
        using var cut = Cut.Rest();
        await Until.TrueAsync(async () => (await cut.GetAsync("/health/ready?deep=1")).Status == HttpStatusCode.OK);
        await traffic.EndAsync();
        Assert.Equal(0, traffic.All.Sum(client => client.Resumes));
        await Numbers.UntilAsync(rest, numbers => numbers == before);
    }

    [Fact]
    public async Task When_silos_lose_each_other_one_of_them_ends()
    {
        await using var traffic = await Traffic.StartAsync(_cluster);
        using var rest = await _cluster.LogInAsync(_cluster.Gateways[1]);
        var before = await Numbers.UntilAsync(rest, numbers => numbers.Active == traffic.All.Count);

        await _cluster.Network.CutAsync(_cluster.Silos[0].Host!, _cluster.Silos[1].Host!);

        // Each silo suspects the other; the database decides, and the one that reads that it was declared dead ends.
        await Until.TrueAsync(() => _cluster.Silos.Count(silo => silo.IsRunning) == 1);
        await traffic.Publisher.ContinueAsync(50);
        await Numbers.UntilAsync(rest, numbers => numbers == before);
        await traffic.EndAsync();
        Assert.Equal(0, traffic.All.Sum(client => client.Resumes));
    }

    /// <summary>Two silos and two gateways, each on a host of its own.</summary>
    public sealed class Hosts : IAsyncLifetime
    {
        public LocalCluster Cluster { get; } = new() { HasNetwork = true };

        public ValueTask InitializeAsync() => Cluster.InitializeAsync();

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }
}
