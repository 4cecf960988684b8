using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>
/// Any process may die while many channels are published to: what was acknowledged is handled by each client that follows its
/// channel exactly once and in order, at whichever gateway it resumes.
/// </summary>
[Collection(typeof(OneGrid))]
public sealed class ChannelFailureTests(LocalCluster cluster) : IAsyncLifetime
{
    private const int Channels = 2_000;
    private const int Clients = 40;
    private const int ChannelsOfClient = 20;

    public async ValueTask InitializeAsync() => await cluster.HealAsync();

    public async ValueTask DisposeAsync() => await cluster.HealAsync();

    [Fact]
    public async Task Gateways_and_silos_are_killed_one_after_another()
    {
        using var rest = await cluster.LogInAsync(cluster.Gateways[1]);
        await using var traffic = await ChannelTraffic.StartAsync(cluster.Gateways, rest, "failures", Channels, Following);

        await cluster.Gateways[0].KillAsync();
        await traffic.Publisher.ContinueAsync(Channels);
        await cluster.Gateways[0].StartAgainAsync();
        var silo = await cluster.ChannelSiloAsync();
        await silo.KillAsync();
        await traffic.Publisher.ContinueAsync(Channels);
        await silo.StartAgainAsync();
        await traffic.Publisher.ContinueAsync(Channels);
        await traffic.JoinAsync(cluster.Gateways, ["failures:*"], traffic.Begin);

        await traffic.EndAsync();
        Assert.Equal(Clients / 2, traffic.Clients.Sum(client => client.Resumes));
    }

    [Fact]
    public async Task A_gateway_and_a_silo_are_killed_at_once()
    {
        using var rest = await cluster.LogInAsync(cluster.Gateways[0]);
        await using var traffic = await ChannelTraffic.StartAsync(cluster.Gateways, rest, "together", Channels, Following);
        var silo = await cluster.ChannelSiloAsync();

        await Task.WhenAll(cluster.Gateways[1].KillAsync(), silo.KillAsync());

        await traffic.Publisher.ContinueAsync(Channels);
        await traffic.EndAsync();
        Assert.True(traffic.Clients.Sum(client => client.Resumes) >= Clients / 2);
    }

    private static IEnumerable<IReadOnlyList<string>> Following(string[] channels)
    {
        for (var client = 0; client < Clients; client++)
        {
            Random.Shared.Shuffle(channels);
            yield return channels[..ChannelsOfClient];
        }
    }
}
