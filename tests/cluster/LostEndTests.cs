using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>
/// The database fails over to a lagging standby and so loses the last acknowledged messages. Silos, gateways and clients stay.
/// </summary>
public sealed partial class LostEndTests
{
    private const int Kept = 5;
    private const int Known = 15;
    private const int Last = 60;

    [Fact]
    public async Task A_database_that_lost_messages_is_reported_and_new_messages_arrive()
    {
        await using var cluster = new LocalCluster();
        await cluster.InitializeAsync();
        RestClient[] gateways = [await cluster.LogInAsync(cluster.Gateways[0]), await cluster.LogInAsync(cluster.Gateways[1])];
        for (var number = 1; number <= Kept; number++) Assert.Equal(number, await PublishAsync(gateways, number));
        await cluster.Database.StopAsync();
        await cluster.Database.KeepDataAsync();
        await cluster.Database.StartAsync();
        await using var plain = await cluster.Gateways[1].ConnectAsync();
        await using var v1 = await cluster.Gateways[0].ConnectAsync(v1: true);
        var epoch = (await v1.NextJsonAsync()).GetProperty("epoch").GetString();
        for (var number = Kept + 1; number <= Known; number++)
        {
            Assert.Equal(number, await PublishAsync(gateways, number));
            Assert.Equal($$"""{"n":{{number}}}""", await plain.NextAsync());
            Assert.Equal(number, (await v1.NextJsonAsync()).GetProperty("offset").GetInt64());
        }

        await cluster.Database.StopAsync();
        await cluster.Database.PutBackDataAsync();
        await cluster.Database.StartAsync();
        for (var number = Known + 1; number <= Last; number++)
            Assert.Equal(number - Known + Kept, await PublishAsync(gateways, number));

        for (var number = Known + 1; number <= Last; number++) Assert.Equal($$"""{"n":{{number}}}""", await plain.NextAsync());
        Assert.Equal(4000, (await v1.WaitUntilClosedAsync()).Code);
        await using var again = await cluster.Gateways[0].ConnectAsync($"?since={Known}&epoch={epoch}", v1: true);
        var subscribed = await again.NextJsonAsync();
        Assert.False(subscribed.GetProperty("recovered").GetBoolean());
        Assert.NotEqual(epoch, subscribed.GetProperty("epoch").GetString());
        await PublishAsync(gateways, Last + 1);
        Assert.Equal(Last + 1 - Known + Kept, (await again.NextJsonAsync()).GetProperty("offset").GetInt64());

        // A node that saw the database away may still report that for a moment.
        JsonElement health = default;
        await Until.TrueAsync(
            async () => (health = (await gateways[0].StatusAsync()).GetProperty("health")).GetProperty("status").GetString()
                == "degraded",
            () => health.GetRawText());
        var check = Assert.Single(
            health.GetProperty("checks").EnumerateArray(), one => one.GetProperty("name").GetString() == "Storage");
        Assert.Equal("warning", check.GetProperty("status").GetString());
        Assert.Contains($"{Kept + 1} 至 {Known}", check.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Single(
            cluster.Silos,
            silo => silo.Output.Contains("has lost acknowledged messages of channel all", StringComparison.Ordinal));
        Assert.Equal(1, (await Task.WhenAll(cluster.Silos.Select(LossesAsync))).Sum());
        foreach (var gateway in gateways) gateway.Dispose();
    }

    /// <summary>Publishes through the gateways in turn until one acknowledges; returns the offset.</summary>
    private static async Task<long> PublishAsync(RestClient[] gateways, int number)
    {
        RestAnswer? answer = null;
        await Until.TrueAsync(
            async () => (answer = await gateways[number % gateways.Length].PostAsync(
                "/api/push", $$"""{"n":{{number}}}""", ("Idempotency-Key", $"{number}"))).Status == HttpStatusCode.OK,
            () => answer!.Body);
        return answer!.Data.GetProperty("offset").GetInt64();
    }

    private static async Task<long> LossesAsync(NotifyHubProcess silo)
    {
        using var http = new HttpClient { Timeout = Until.Limit };
        var page = await http.GetStringAsync(
            $"http://127.0.0.1:{silo.MetricsPort}/metrics", TestContext.Current.CancellationToken);
        return long.Parse(Losses().Match(page).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("""^notifyhub_log_losses_total(?:\{.*\})? (\d+)""", RegexOptions.Multiline)]
    private static partial Regex Losses();
}
