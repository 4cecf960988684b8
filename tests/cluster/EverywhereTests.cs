using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>The grid acts as one: whatever is done through one gateway is visible at the other.</summary>
[Collection(typeof(OneGrid))]
public sealed class EverywhereTests(LocalCluster cluster) : IAsyncLifetime
{
    private readonly List<RestClient> _rest = [];

    private NotifyHubProcess One => cluster.Gateways[0];

    private NotifyHubProcess Other => cluster.Gateways[1];

    public async ValueTask InitializeAsync()
    {
        await cluster.HealAsync();
        _rest.Add(await cluster.LogInAsync(One));
        // A login is valid at every gateway.
        _rest.Add(Other.Rest());
        _rest[1].Token = _rest[0].Token;
    }

    public ValueTask DisposeAsync()
    {
        _rest.ForEach(rest => rest.Dispose());
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task What_is_pushed_at_both_gateways_reaches_the_clients_of_both_in_one_order()
    {
        const int Each = 300;
        await using var here = await One.ConnectAsync();
        await using var there = await Other.ConnectAsync();
        using var pushHere = await One.ConnectPushAsync();
        using var pushThere = await Other.ConnectPushAsync();

        var answers = await Task.WhenAll(
            pushHere.PushAllAsync([.. Lines("here")]), pushThere.PushAllAsync([.. Lines("there")]), PostAllAsync());

        Assert.All(answers.SelectMany(answer => answer), answer => Assert.Equal("ok", answer));
        var seenHere = await TakeAsync(here);
        var seenThere = await TakeAsync(there);
        Assert.Equal(seenHere, seenThere);
        foreach (var sender in (string[])["here", "there", "rest"])
            Assert.Equal(Lines(sender), seenHere.Where(text => text.Contains($"\"{sender}\"", StringComparison.Ordinal)));

        static IEnumerable<string> Lines(string sender) =>
            Enumerable.Range(1, Each).Select(n => $$"""{"from":"{{sender}}","n":{{n}}}""");

        async Task<List<string?>> PostAllAsync()
        {
            List<string?> statuses = [];
            foreach (var (line, index) in Lines("rest").Select((line, index) => (line, index)))
                statuses.Add((await _rest[index % 2].PostAsync("/api/push", line)).Status == HttpStatusCode.OK ? "ok" : "failed");
            return statuses;
        }

        static async Task<List<string>> TakeAsync(SocketClient client)
        {
            List<string> texts = [];
            while (texts.Count < 3 * Each) texts.Add(await client.NextAsync());
            return texts;
        }
    }

    [Fact]
    public async Task What_both_gateways_have_sent_adds_up()
    {
        await using var here = await One.ConnectAsync();
        await using var there = await Other.ConnectAsync();
        await using var alsoThere = await Other.ConnectAsync(v1: true);
        var made = (await _rest[0].PostAsync("/api/notifications/windows", """{"title":"counted","message":"m"}"""))
            .Expect(HttpStatusCode.Created).Data;
        var route = $"/api/notifications/windows/{made.GetProperty("id").GetInt64()}";
        foreach (var client in (SocketClient[])[here, there, alsoThere])
            await client.NextUntilAsync(text => text.Contains("\"counted\"", StringComparison.Ordinal));

        foreach (var rest in _rest)
        {
            JsonElement seen = default;
            await Until.TrueAsync(
                async () => (seen = (await rest.GetAsync(route)).Expect(HttpStatusCode.OK).Data)
                    .GetProperty("deliveries").GetInt64() == 3,
                () => seen.GetRawText());
            Assert.Equal("delivered", seen.GetProperty("status").GetString());
        }
    }

    [Fact]
    public async Task Both_gateways_report_the_same_numbers_nodes_and_connections()
    {
        await using var here = await One.ConnectAsync();
        await using var there = await Other.ConnectAsync(v1: true);
        var clients = new[] { here.UserAgent, there.UserAgent }.Order().ToArray();

        foreach (var rest in _rest)
        {
            await Until.TrueAsync(async () => clients.SequenceEqual(
                (await rest.ConnectionsAsync("connected")).Select(one => one.GetProperty("userAgent").GetString()!).Order()));
            var total = (await rest.GetAsync("/api/websocket/connections")).Data.GetProperty("total").GetInt64();
            JsonElement stats = default;
            await Until.TrueAsync(
                async () => (stats = await rest.StatsAsync()).GetProperty("activeConnections").GetInt64() == 2
                    && stats.GetProperty("totalConnections").GetInt64() == total,
                () => stats.GetRawText());
            JsonElement status = default;
            await Until.TrueAsync(
                async () => (status = await rest.StatusAsync()).GetProperty("active_connections").GetInt64() == 2
                    && status.GetProperty("nodes").GetArrayLength() == 4,
                () => status.GetRawText());
            Assert.Equal(
                ["gateway", "gateway", "silo", "silo"],
                status.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("role").GetString()));
            Assert.Equal(
                cluster.Gateways.Concat(cluster.Silos).Select(process => process.Pid).Order(),
                status.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("pid").GetInt32()).Order());
            // The only warning: the tests' database is not durable.
            Assert.Equal(
                ["Storage"],
                status.GetProperty("health").GetProperty("checks").EnumerateArray()
                    .Where(check => check.GetProperty("status").GetString() != "ok")
                    .Select(check => check.GetProperty("name").GetString()));
        }
    }

    [Fact]
    public async Task A_client_is_closed_through_the_gateway_that_does_not_have_it()
    {
        await using var client = await One.ConnectAsync();
        var id = (await _rest[1].ConnectionAsync(client.UserAgent, _ => true)).GetProperty("connectionId").GetString();

        (await _rest[1].SendAsync(HttpMethod.Delete, $"/api/websocket/connections/{id}")).Expect(HttpStatusCode.OK);

        Assert.Equal(1008, (await client.WaitUntilClosedAsync()).Code);
        await _rest[0].ConnectionAsync(
            client.UserAgent, connection => connection.GetProperty("status").GetString() == "disconnected");
        (await _rest[0].SendAsync(HttpMethod.Delete, $"/api/websocket/connections/{id}"))
            .ExpectError(HttpStatusCode.NotFound, "NOT_FOUND");
    }

    [Fact]
    public async Task A_stop_at_one_gateway_stops_both_and_a_start_at_the_other_starts_both()
    {
        await using var here = await One.ConnectAsync();
        await using var there = await Other.ConnectAsync();

        await Until.TrueAsync(async () => (await _rest[1].StatusAsync()).GetProperty("active_connections").GetInt64() >= 2);
        (await _rest[0].PostAsync("/api/system/websocket/stop")).Expect(HttpStatusCode.OK);

        // At once, whichever gateway is asked.
        foreach (var rest in _rest) Assert.Equal(0, (await rest.StatusAsync()).GetProperty("active_connections").GetInt64());
        foreach (var client in (SocketClient[])[here, there])
            Assert.Equal((1001, "service stopped"), await client.WaitUntilClosedAsync());
        foreach (var rest in _rest)
        {
            var status = await rest.StatusAsync();
            Assert.False(status.GetProperty("service_running").GetBoolean());
            Assert.False(status.GetProperty("websocket_port_listening").GetBoolean());
            Assert.False(status.GetProperty("internal_port_listening").GetBoolean());
        }

        // What is published meanwhile is stored.
        (await _rest[1].PostAsync("/api/notifications/windows", """{"title":"t","message":"m"}"""))
            .Expect(HttpStatusCode.Created);
        (await _rest[1].PostAsync("/api/system/websocket/start")).Expect(HttpStatusCode.OK);
        foreach (var gateway in cluster.Gateways)
        {
            await using var client = await gateway.ConnectAsync();
            using var push = await gateway.ConnectPushAsync();
            Assert.Equal("ok", await push.PushAsync("{}"));
            Assert.Equal("{}", await client.NextAsync());
        }
    }

    [Fact]
    public async Task A_restart_at_one_gateway_restarts_both()
    {
        await using var here = await One.ConnectAsync();
        await using var there = await Other.ConnectAsync();

        (await _rest[1].PostAsync("/api/system/websocket/restart")).Expect(HttpStatusCode.OK);

        foreach (var client in (SocketClient[])[here, there])
            Assert.Equal((1012, "service restart"), await client.WaitUntilClosedAsync());
        foreach (var gateway in cluster.Gateways) await using (await gateway.ConnectAsync()) { }
    }

    [Fact]
    public async Task An_api_key_made_at_one_gateway_opens_the_other_until_it_is_revoked_there()
    {
        var made = (await _rest[0].PostAsync("/api/keys", """{"name":"everywhere"}""")).Expect(HttpStatusCode.Created).Data;
        using var service = Other.Rest();
        service.ApiKey = made.GetProperty("key").GetString();
        using var sameService = One.Rest();
        sameService.ApiKey = service.ApiKey;
        foreach (var rest in (RestClient[])[service, sameService])
            (await rest.PostAsync("/api/push", "{}")).Expect(HttpStatusCode.OK);

        (await _rest[1].SendAsync(HttpMethod.Delete, $"/api/keys/{made.GetProperty("id").GetRawText().Trim('"')}"))
            .Expect(HttpStatusCode.OK);

        (await service.PostAsync("/api/push", "{}")).ExpectError(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        // The gateway that did not revoke it may have it cached for a moment.
        await Until.TrueAsync(
            async () => (await sameService.GetAsync("/api/websocket/stats")).Status == HttpStatusCode.Unauthorized);
        (await sameService.PostAsync("/api/push", "{}")).ExpectError(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
    }
}
