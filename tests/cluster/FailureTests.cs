using System.Net;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>
/// Any process may die. Meanwhile a publisher keeps publishing and clients keep resuming: every acknowledged message reaches
/// every client exactly once and in order, nothing else arrives, and the totals stay right.
/// </summary>
[Collection(typeof(OneGrid))]
public sealed class FailureTests(LocalCluster cluster) : IAsyncLifetime
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(30);

    public async ValueTask InitializeAsync()
    {
        await cluster.HealAsync();
        using var rest = await cluster.LogInAsync(cluster.Gateways[0]);
        await Numbers.UntilAsync(rest, numbers => numbers.Active == 0);
    }

    public async ValueTask DisposeAsync() => await cluster.HealAsync();

    [Fact]
    public async Task A_gateway_is_killed()
    {
        await using var traffic = await Traffic.StartAsync(cluster);
        using var rest = await cluster.LogInAsync(cluster.Gateways[1]);
        var before = await Numbers.UntilAsync(rest, numbers => numbers.Active == traffic.All.Count);
        var orphans = traffic.All.Count / 2;

        await cluster.Gateways[0].KillAsync();

        await traffic.Publisher.ContinueAsync(100);
        // Clients that came back were counted again; the lost ones count as errors once the lease has expired.
        await Numbers.UntilAsync(rest, numbers =>
            numbers == new Numbers(traffic.All.Count, before.Total + orphans, before.Errors + orphans));
        await traffic.EndAsync();
        Assert.Equal(orphans, traffic.All.Sum(client => client.Resumes));
    }

    [Fact]
    public async Task The_silo_that_holds_the_channel_is_killed()
    {
        await using var traffic = await Traffic.StartAsync(cluster);
        using var rest = await cluster.LogInAsync(cluster.Gateways[1]);
        var before = await Numbers.UntilAsync(rest, numbers => numbers.Active == traffic.All.Count);
        var silo = await cluster.ChannelSiloAsync();

        await silo.KillAsync();

        await traffic.Publisher.ContinueAsync(20);
        // No socket was closed, and no session counted as lost.
        await Numbers.UntilAsync(rest, numbers => numbers == before);
        await silo.StartAgainAsync();
        await traffic.Publisher.ContinueAsync(50);
        await traffic.EndAsync();
        Assert.Equal(0, traffic.All.Sum(client => client.Resumes));
        await Numbers.UntilAsync(rest, numbers => numbers == before);
    }

    [Fact]
    public async Task A_gateway_and_the_silo_that_holds_the_channel_are_killed_at_once()
    {
        await using var traffic = await Traffic.StartAsync(cluster);
        using var rest = await cluster.LogInAsync(cluster.Gateways[1]);
        var before = await Numbers.UntilAsync(rest, numbers => numbers.Active == traffic.All.Count);
        var orphans = traffic.All.Count / 2;

        var silo = await cluster.ChannelSiloAsync();
        await Task.WhenAll(cluster.Gateways[0].KillAsync(), silo.KillAsync());

        await traffic.Publisher.ContinueAsync(20);
        await Numbers.UntilAsync(rest, numbers =>
            numbers == new Numbers(traffic.All.Count, before.Total + orphans, before.Errors + orphans));
        await traffic.EndAsync();
    }

    [Fact]
    public async Task The_channels_silo_is_frozen_until_declared_dead_and_ends_when_resumed()
    {
        await using var traffic = await Traffic.StartAsync(cluster);
        using var rest = await cluster.LogInAsync(cluster.Gateways[1]);
        var before = await Numbers.UntilAsync(rest, numbers => numbers.Active == traffic.All.Count);
        var silo = await cluster.ChannelSiloAsync();

        silo.Pause();
        using var over = new CancellationTokenSource();
        var readiness = Task.WhenAll(cluster.Gateways.Select(gateway => UnreadyAsync(gateway, over.Token)));
        // Takes longer than a death: a frozen silo refuses nothing, so its open connections must time out one by one.
        await traffic.Publisher.ContinueAsync(20);
        silo.Resume();
        await over.CancelAsync();
        // Otherwise Kubernetes would take both gateways out of service for a failure that is not theirs.
        Assert.All(await readiness, answers => Assert.Empty(answers));

        // It finds that it was declared dead together with its activation of the channel, and ends instead of writing.
        Assert.NotEqual(0, await silo.WaitForExitAsync());
        await traffic.Publisher.ContinueAsync(50);
        await traffic.EndAsync();
        Assert.Equal(0, traffic.All.Sum(client => client.Resumes));
        await Numbers.UntilAsync(rest, numbers => numbers == before);
    }

    [Fact]
    public async Task All_silos_are_frozen_and_the_gateways_stay_ready_while_deep_health_says_so()
    {
        foreach (var silo in cluster.Silos) silo.Pause();
        using var over = new CancellationTokenSource();
        var readiness = Task.WhenAll(cluster.Gateways.Select(gateway => UnreadyAsync(gateway, over.Token)));
        foreach (var gateway in cluster.Gateways)
        {
            using var rest = gateway.Rest();
            await Until.TrueAsync(
                async () => (await rest.GetAsync("/health/ready?deep=1")).Status == HttpStatusCode.ServiceUnavailable);
        }

        await over.CancelAsync();
        foreach (var silo in cluster.Silos) silo.Resume();

        Assert.All(await readiness, answers => Assert.Empty(answers));
        foreach (var gateway in cluster.Gateways) await LocalCluster.ReadyAsync(gateway);
    }

    [Fact]
    public async Task The_database_is_away_for_30_seconds()
    {
        await using var traffic = await Traffic.StartAsync(cluster);
        using var rest = await cluster.LogInAsync(cluster.Gateways[1]);
        var before = await Numbers.UntilAsync(rest, numbers => numbers.Active == traffic.All.Count);

        await cluster.Database.StopAsync();
        var acknowledged = traffic.Publisher.Acknowledged.Count;
        var retries = traffic.Publisher.Retries;
        // The duration matters: by then the heartbeats that silos could not write are long stale.
        await Task.Delay(Outage, TestContext.Current.CancellationToken);
        Assert.True(traffic.Publisher.Retries > retries);
        // One answer may have been in flight.
        Assert.InRange(traffic.Publisher.Acknowledged.Count, acknowledged, acknowledged + 1);
        await cluster.Database.StartAsync();

        await traffic.Publisher.ContinueAsync();
        await traffic.EndAsync();
        Assert.Equal(0, traffic.All.Sum(client => client.Resumes));
        await Numbers.UntilAsync(rest, numbers => numbers == before);
    }

    [Fact]
    public async Task All_silos_are_killed_and_a_gateway_starts_before_they_return()
    {
        await using var traffic = await Traffic.StartAsync(cluster);
        using var rest = await cluster.LogInAsync(cluster.Gateways[1]);
        var before = await Numbers.UntilAsync(rest, numbers => numbers.Active == traffic.All.Count);
        await cluster.Gateways[0].StopAsync();

        await Task.WhenAll(cluster.Silos.Select(silo => silo.KillAsync()));
        var starting = cluster.Gateways[0].StartAgainAsync();
        using var early = cluster.Gateways[0].Rest();
        await Until.TrueAsync(async () =>
        {
            try
            {
                return (await early.GetAsync("/health/live")).Status == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await early.GetAsync("/health/ready")).Status);
        early.Token = rest.Token;
        (await early.PostAsync("/api/push", "{}")).ExpectError(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        Assert.False(starting.IsCompleted);
        await Task.WhenAll(cluster.Silos.Select(silo => silo.StartAgainAsync()));

        await starting;
        await traffic.Publisher.ContinueAsync();
        var moved = traffic.All.Count / 2;
        // The gateway that left had deregistered: nothing is an error.
        await Numbers.UntilAsync(rest, numbers => numbers == new Numbers(traffic.All.Count, before.Total + moved, before.Errors));
        await traffic.EndAsync();
    }

    /// <summary>Polls the gateway's readiness probe and returns every answer other than "ready".</summary>
    private static async Task<List<string>> UnreadyAsync(NotifyHubProcess gateway, CancellationToken over)
    {
        List<string> answers = [];
        using var rest = gateway.Rest();
        while (!over.IsCancellationRequested)
        {
            var answer = await rest.GetAsync("/health/ready");
            if (answer.Status != HttpStatusCode.OK) answers.Add(answer.Body);
            await Task.Delay(100, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return answers;
    }
}
