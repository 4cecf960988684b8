using System.Diagnostics;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>Processes that are asked to stop do so gracefully, one after another, and nothing is lost.</summary>
[Collection(typeof(OneGrid))]
public sealed class DrainTests(LocalCluster cluster) : IAsyncLifetime
{
    // By default Orleans would retry for two minutes. An end takes about 30 s at most, the rest is for a busy machine.
    private static readonly TimeSpan OutageLimit = TimeSpan.FromSeconds(110);

    public async ValueTask InitializeAsync()
    {
        await cluster.HealAsync();
        using var rest = await cluster.LogInAsync(cluster.Gateways[1]);
        await Numbers.UntilAsync(rest, numbers => numbers.Active == 0);
    }

    public async ValueTask DisposeAsync() => await cluster.HealAsync();

    [Fact]
    public async Task A_draining_gateway_sends_clients_away_gradually_and_answers_every_push()
    {
        // At least 100 per second leave: these take the whole default window of 10 s.
        const int Clients = 1_000;
        await using var witness = await ResumingClient.StartAsync([cluster.Gateways[1]], 0);
        await using var publisher = await RetryingPublisher.StartAsync(cluster);
        using var rest = await cluster.LogInAsync(cluster.Gateways[1]);
        var before = await Numbers.UntilAsync(rest, numbers => numbers.Active == 1);
        var leavers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Leaver.StartAsync(cluster.Gateways[0])));
        await Numbers.UntilAsync(
            rest, numbers => numbers == before with { Active = 1 + Clients, Total = before.Total + Clients });
        var pushing = Task.Run(() => PushUntilClosedAsync(cluster.Gateways[0]));
        await publisher.ContinueAsync();

        Assert.Equal(0, await cluster.Gateways[0].StopAsync());

        // All get a reconnect with different delays and are closed one by one; until then they get what is published.
        foreach (var leaver in leavers) await leaver.CheckAsync();
        Assert.True(leavers.Select(leaver => leaver.LastOffset).Distinct().Count() > 1);
        Assert.InRange(leavers.Select(leaver => leaver.ReturnAfter).Distinct().Count(), Clients / 2, Clients);
        // It has deregistered: no lease has to expire, and nothing counts as an error.
        await Numbers.UntilAsync(rest, numbers => numbers == before with { Total = before.Total + Clients });
        // By the gateway's clock: a test that stalls for a moment sees many of them leave at once.
        var agents = leavers.Select(leaver => leaver.UserAgent).ToHashSet();
        var left = (await rest.ConnectionsAsync())
            .Where(connection => agents.Contains(connection.GetProperty("userAgent").GetString()!))
            .Select(connection => connection.GetProperty("disconnectedAt").GetString());
        Assert.NotEmpty(left.Distinct().Skip(1));
        Assert.DoesNotContain(
            cluster.Gateways[0].Pid,
            (await rest.StatusAsync()).GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("pid").GetInt32()));

        await publisher.ContinueAsync();
        await publisher.StopAsync();
        Assert.Empty(publisher.Faults);
        var pushed = await pushing;
        var all = pushed.Count + publisher.Acknowledged.Keys.Count(offset => offset > witness.Start);
        await Until.TrueAsync(() => witness.Received.Count >= all, () => $"{witness.Received.Count} of {all}");
        // Every stored line was also answered, in order.
        Assert.Empty(witness.Faults);
        Assert.Equal(
            pushed,
            witness.Received.Select(message => message.Data).Where(data => data.Contains("line", StringComparison.Ordinal)));
        Assert.Equal(all, witness.Received.Count);
    }

    [Fact]
    public async Task All_processes_are_restarted_one_after_the_other_under_load()
    {
        await using var traffic = await Traffic.StartAsync(cluster);
        using var rest = await cluster.LogInAsync(cluster.Gateways[1]);
        var before = await Numbers.UntilAsync(rest, numbers => numbers.Active == traffic.All.Count);

        foreach (var process in cluster.Gateways.Concat(cluster.Silos).ToArray())
        {
            Assert.Equal(0, await process.StopAsync());
            await traffic.Publisher.ContinueAsync();
            await cluster.HealAsync();
            await traffic.Publisher.ContinueAsync();
        }

        await traffic.EndAsync();
        var resumes = traffic.All.Sum(client => client.Resumes);
        Assert.True(resumes >= traffic.All.Count);
        await Numbers.UntilAsync(rest, numbers => numbers == before with { Total = before.Total + resumes });
    }

    [Fact]
    public async Task The_silo_that_holds_the_channel_leaves_and_no_client_notices()
    {
        await using var traffic = await Traffic.StartAsync(cluster);
        using var rest = await cluster.LogInAsync(cluster.Gateways[1]);
        var before = await Numbers.UntilAsync(rest, numbers => numbers.Active == traffic.All.Count);

        Assert.Equal(0, await (await cluster.ChannelSiloAsync()).StopAsync());

        await traffic.Publisher.ContinueAsync(50);
        await Numbers.UntilAsync(rest, numbers => numbers == before);
        await traffic.EndAsync();
        Assert.Equal(0, traffic.All.Sum(client => client.Resumes));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Processes_stop_soon_while_the_database_is_down_or_frozen(bool isFrozen)
    {
        await using var socket = await cluster.Gateways[0].ConnectAsync();
        if (isFrozen) cluster.Database.Freeze();
        else await cluster.Database.StopAsync();
        try
        {
            // Kubernetes kills what has not ended after 30 s. Tested while others run, then with none left.
            foreach (var process in new[] { cluster.Silos[0], cluster.Gateways[0], cluster.Silos[1], cluster.Gateways[1] })
            {
                var begun = Stopwatch.GetTimestamp();
                Assert.Equal(0, await process.StopAsync());
                Assert.True(Stopwatch.GetElapsedTime(begun) < OutageLimit, process.Output);
            }
        }
        finally
        {
            if (isFrozen) cluster.Database.Thaw();
            else await cluster.Database.StartAsync();
        }

        // Their end could not be written to the database, and that must not delay their return.
        await cluster.HealAsync();
        using var rest = await cluster.LogInAsync(cluster.Gateways[1]);
        await Numbers.UntilAsync(rest, numbers => numbers.Active == 0);
    }

    /// <summary>Pipelines numbered lines until the gateway closes; returns the acknowledged ones.</summary>
    private static async Task<List<string>> PushUntilClosedAsync(NotifyHubProcess gateway)
    {
        const int Batch = 20;
        List<string> acknowledged = [];
        using var push = await gateway.ConnectPushAsync();
        try
        {
            while (true)
            {
                string[] lines = [.. Enumerable.Range(acknowledged.Count, Batch).Select(number => $$"""{"line":{{number}}}""")];
                await push.SendAsync(string.Concat(lines.Select(line => line + "\n")));
                foreach (var line in lines)
                {
                    if (await push.ReadLineAsync() is not { } answer) return acknowledged;
                    Assert.Equal("ok", answer);
                    acknowledged.Add(line);
                }
            }
        }
        catch (IOException)
        {
            return acknowledged;
        }
    }

    /// <summary>A client that follows one gateway until it closes, and records how.</summary>
    private sealed class Leaver
    {
        private readonly Task _following;
        private readonly List<string> _faults = [];
        private long _offset = -1;

        private Leaver(SocketClient socket) => (UserAgent, _following) = (socket.UserAgent, FollowAsync(socket));

        public string UserAgent { get; }

        public long LastOffset => _offset;

        public int? ReturnAfter { get; private set; }

        public static async Task<Leaver> StartAsync(NotifyHubProcess gateway) => new(await gateway.ConnectAsync(v1: true));

        public async Task CheckAsync()
        {
            await _following.WaitAsync(Until.Limit);
            Assert.Empty(_faults);
            Assert.NotNull(ReturnAfter);
        }

        private async Task FollowAsync(SocketClient socket)
        {
            await using (socket)
            {
                try
                {
                    while (true) Take(JsonElement.Parse(await socket.NextAsync(Timeout.InfiniteTimeSpan)));
                }
                catch (System.Threading.Channels.ChannelClosedException)
                {
                    var closed = await socket.WaitUntilClosedAsync();
                    if (closed != (1012, "gateway is shutting down")) _faults.Add($"closed with {closed}");
                }
            }
        }

        private void Take(JsonElement message)
        {
            if (ReturnAfter is not null) _faults.Add($"after the goodbye: {message.GetRawText()}");
            switch (message.GetProperty("type").GetString())
            {
                case "reconnect":
                    ReturnAfter = message.GetProperty("after_ms").GetInt32();
                    break;
                case "subscribed":
                    _offset = message.GetProperty("offset").GetInt64();
                    break;
                default:
                    var offset = message.GetProperty("offset").GetInt64();
                    if (offset != _offset + 1) _faults.Add($"{offset} came after {_offset}");
                    _offset = offset;
                    break;
            }
        }
    }
}
