using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>A gateway that was declared lost returns with more clients than fit into one report.</summary>
public sealed class ReturnTests
{
    // Three reports: one has 5,000 clients at most.
    private const int Clients = 10_500;

    [Fact]
    public async Task Clients_of_a_gateway_that_was_frozen_are_reported_again_and_counts_corrected()
    {
        // These clients never answer a ping.
        await using var cluster = new LocalCluster { SiloCount = 1, Settings = [("PingInterval", "00:30:00")] };
        await cluster.InitializeAsync();
        using var rest = await cluster.LogInAsync(cluster.Gateways[1]);
        var gateway = cluster.Gateways[0];
        var clients = new List<RawSocket>();
        try
        {
            while (clients.Count < Clients)
            {
                var more = Enumerable.Range(0, Math.Min(500, Clients - clients.Count))
                    .Select(_ => RawSocket.UpgradeAsync(gateway.WebSocketPort));
                clients.AddRange(await Task.WhenAll(more));
            }

            await Numbers.UntilAsync(rest, numbers => numbers == new Numbers(Clients, Clients, 0));

            gateway.Pause();
            await Numbers.UntilAsync(rest, numbers => numbers == new Numbers(0, Clients, Clients));
            gateway.Resume();

            await Numbers.UntilAsync(rest, numbers => numbers == new Numbers(Clients, Clients, 0));
            var list = (await rest.GetAsync("/api/websocket/connections?status=connected&limit=1")).Data;
            Assert.Equal(Clients, list.GetProperty("total").GetInt32());
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
        }

        await Numbers.UntilAsync(rest, numbers => numbers is { Active: 0, Total: Clients });
    }
}
