using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>The one-process mode on PostgreSQL, also while the database is down.</summary>
public sealed class PostgresTests
{
    [Fact]
    public async Task A_call_over_many_logs_is_stored_once()
    {
        await using var server = new PostgresServer();
        await server.InitializeAsync();
        await using var hub = await NotifyHubProcess.StartAsync(
            ("Storage", await server.CreateDatabaseAsync()), ("AllowDataLoss", "true"));
        using var rest = await hub.LogInAsync();
        const int Channels = 200;
        var items = string.Join(
            ',', Enumerable.Range(0, Channels).Select(n => $$"""{"channel":"c:{{n}}","data":{"n":{{n}} } }"""));

        var first = await rest.PostAsync("/api/publish", $"[{items}]", ("Idempotency-Key", "once"));
        var second = await rest.PostAsync("/api/publish", $"[{items}]", ("Idempotency-Key", "once"));
        // The same key with another body, in whatever log its channel is.
        for (var n = 0; n < 20; n++)
        {
            (await rest.PostAsync("/api/publish", $$"""{"channel":"d:{{n}}","data":{} }""", ("Idempotency-Key", "once")))
                .ExpectError(HttpStatusCode.Conflict, "CONFLICT");
        }

        first.Expect(HttpStatusCode.OK);
        Assert.Equal(first, second);
        Assert.Equal((long)Channels, await server.ExecuteAsync("SELECT count(*) FROM channel_message", "test1"));
    }

    [Fact]
    public async Task While_the_database_is_down_nothing_is_acknowledged_and_clients_stay()
    {
        await using var server = new PostgresServer { IsDurable = true };
        await server.InitializeAsync();
        await using var hub = await NotifyHubProcess.StartAsync(
            ("Storage", await server.CreateDatabaseAsync()), ("MetricsPort", "0"));
        using var rest = await hub.LogInAsync();
        await using var client = await hub.ConnectAsync();
        await using var v1 = await hub.ConnectAsync(v1: true);
        Assert.Equal(0, (await v1.NextJsonAsync()).GetProperty("offset").GetInt64());
        using var push = await hub.ConnectPushAsync();
        Assert.Equal("ok", await push.PushAsync("""{"n":1}"""));
        var made = (await rest.PostAsync("/api/notifications/windows", """{"title":"t","message":"m"}"""))
            .Expect(HttpStatusCode.Created).Data;
        Assert.Equal("""{"n":1}""", await client.NextAsync());
        Assert.Equal($$$"""{"type":"new_notification","data":{{{made.GetRawText()}}}}""", await client.NextAsync());

        await server.StopAsync();
        using (var away = await hub.ConnectPushAsync())
            Assert.StartsWith("error: ", await away.PushAsync("""{"n":"lost"}"""), StringComparison.Ordinal);
        (await rest.PostAsync("/api/push", """{"n":"lost"}""")).ExpectError(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        (await rest.PostAsync("/api/notifications/windows", """{"title":"t","message":"lost"}"""))
            .ExpectError(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        using (var stranger = await RawSocket.ConnectAsync(hub.WebSocketPort))
        {
            // The key can't be checked now.
            await stranger.SendAsync(stranger.Handshake("/", ("X-API-Key", "nh_unknown")));
            Assert.StartsWith("HTTP/1.1 503 ", await stranger.ReadHeadAsync(), StringComparison.Ordinal);
        }

        await Until.TrueAsync(async () => (await Refusals.CountAsync(hub))["websocket unavailable"] == 1);
        var status = await rest.StatusAsync();
        Assert.Equal("unhealthy", status.GetProperty("health").GetProperty("status").GetString());
        Assert.Equal("error", Check(status, "Storage"));
        await client.SendAsync("""{"type":"ping","time":1}""");
        Assert.Equal("""{"type":"pong","time":1}""", await client.NextAsync());

        await server.StartAsync();
        RestAnswer? answer = null;
        await Until.TrueAsync(
            async () => (answer = await rest.PostAsync("/api/push", """{"n":3}""", ("Idempotency-Key", "three"))).Status
                == HttpStatusCode.OK,
            () => answer!.Body);
        // Refused messages were not stored: the offsets continue without a gap.
        Assert.Equal(3, answer!.Data.GetProperty("offset").GetInt64());
        Assert.Equal("""{"n":3}""", await client.NextAsync());
        using (var again = await hub.ConnectPushAsync()) Assert.Equal("ok", await again.PushAsync("""{"n":4}"""));
        Assert.Equal("""{"n":4}""", await client.NextAsync());
        await Until.TrueAsync(async () => Check(status = await rest.StatusAsync(), "Storage") == "ok", () => status.GetRawText());

        await using var resumed = await hub.ConnectAsync("?since=0", v1: true);
        Assert.True((await resumed.NextJsonAsync()).GetProperty("recovered").GetBoolean());
        string[] expected = ["""{"n":1}""", made.GetRawText(), """{"n":3}""", """{"n":4}"""];
        foreach (var (data, index) in expected.Select((data, index) => (data, index)))
        {
            var envelope = $$"""{"type":"message","channel":"all","offset":{{index + 1}},"data":{{data}}}""";
            Assert.Equal(envelope, await resumed.NextAsync());
            Assert.Equal(envelope, await v1.NextAsync());
        }
    }

    private static string? Check(JsonElement status, string name) =>
        status.GetProperty("health").GetProperty("checks").EnumerateArray()
        .Single(check => check.GetProperty("name").GetString() == name).GetProperty("status").GetString();
}
