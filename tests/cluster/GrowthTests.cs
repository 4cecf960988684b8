using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>The grid grows and shrinks under load.</summary>
public sealed class GrowthTests
{
    [Fact]
    public async Task New_silos_and_gateways_join_under_load_and_replace_the_old_ones()
    {
        await using var cluster = new LocalCluster { SiloCount = 1, GatewayCount = 1, SpareSilos = 1 };
        await cluster.InitializeAsync();
        await using var traffic = await Traffic.StartAsync(cluster);

        // Starts with one of each, then two.
        await cluster.AddSiloAsync();
        await traffic.Publisher.ContinueAsync();
        await cluster.AddGatewayAsync();
        await traffic.JoinAsync(cluster.Gateways[1]);
        using var rest = await cluster.LogInAsync(cluster.Gateways[1]);
        await cluster.HealAsync();
        var before = await Numbers.UntilAsync(rest, numbers => numbers.Active == traffic.All.Count);
        await traffic.Publisher.ContinueAsync();

        Assert.Equal(0, await cluster.Silos[0].StopAsync());
        await traffic.Publisher.ContinueAsync();
        Assert.Equal(0, await cluster.Gateways[0].StopAsync());

        await traffic.Publisher.ContinueAsync();
        await traffic.EndAsync();
        var resumes = traffic.All.Sum(client => client.Resumes);
        await Numbers.UntilAsync(rest, numbers => numbers == before with { Total = before.Total + resumes });
    }
}
