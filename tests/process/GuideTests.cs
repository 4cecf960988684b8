using System.Globalization;
using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>What the testing guide shows, over the network.</summary>
public sealed class GuideTests(GuideTests.Shared shared) : IClassFixture<GuideTests.Shared>
{
    public sealed class Shared() : SharedProcess();

    private NotifyHubProcess Hub => shared.Hub;

    [Fact]
    public async Task The_status_has_the_guides_fields_in_the_guides_types_without_login()
    {
        using var rest = Hub.Rest();

        var status = await rest.StatusAsync();

        Assert.Equal(
            [
                "service_running", "websocket_port", "internal_port", "websocket_port_listening", "internal_port_listening",
                "pid", "process_info", "active_connections", "total_connections", "server_time", "last_connection_at",
                "health", "nodes",
            ],
            status.EnumerateObject().Select(field => field.Name));
        Assert.True(status.GetProperty("service_running").GetBoolean());
        Assert.Equal($"{Hub.WebSocketPort}", status.GetProperty("websocket_port").GetString());
        Assert.Equal($"{Hub.PushPort}", status.GetProperty("internal_port").GetString());
        Assert.True(status.GetProperty("websocket_port_listening").GetBoolean());
        Assert.True(status.GetProperty("internal_port_listening").GetBoolean());
        Assert.Equal(Hub.Pid, status.GetProperty("pid").GetInt32());
        Assert.Equal(JsonValueKind.Number, status.GetProperty("active_connections").ValueKind);
        Assert.Equal(JsonValueKind.Number, status.GetProperty("total_connections").ValueKind);
        Assert.True(DateTime.TryParseExact(
            status.GetProperty("server_time").GetString(), "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture,
            DateTimeStyles.None, out _));
    }

    [Fact]
    public async Task The_status_describes_the_process_and_the_nodes()
    {
        using var rest = Hub.Rest();

        var status = await rest.StatusAsync();

        var process = status.GetProperty("process_info");
        Assert.Equal(["pid", "cpu", "mem", "start_time", "command"], process.EnumerateObject().Select(field => field.Name));
        Assert.Equal(Hub.Pid, process.GetProperty("pid").GetInt32());
        Assert.Matches(@"^\d+\.\d$", process.GetProperty("cpu").GetString());
        Assert.Matches(@"^\d+\.\d$", process.GetProperty("mem").GetString());
        Assert.Matches(@"^\d\d:\d\d$", process.GetProperty("start_time").GetString());
        Assert.StartsWith("NotifyHub.Gateway", process.GetProperty("command").GetString(), StringComparison.Ordinal);
        var node = Assert.Single(status.GetProperty("nodes").EnumerateArray());
        Assert.Equal("embedded", node.GetProperty("role").GetString());
        Assert.Equal(Hub.Pid, node.GetProperty("pid").GetInt32());
    }

    [Fact]
    public async Task The_health_lists_the_guides_checks_in_the_guides_words()
    {
        using var rest = Hub.Rest();

        var status = await rest.StatusAsync();

        var health = status.GetProperty("health");
        Assert.Equal("healthy", health.GetProperty("status").GetString());
        var (active, total) =
            (status.GetProperty("active_connections").GetInt64(), status.GetProperty("total_connections").GetInt64());
        Assert.Equal(
            [
                ("Service Running", "ok", "WebSocket 服務正在運行"),
                ("WebSocket Port", "ok", $"Port {Hub.WebSocketPort} 正在監聽"),
                ("Internal Push Port", "ok", $"Port {Hub.PushPort} 正在監聽"),
                ("Connections", "ok", $"{active} 活躍連線 / {total} 總連線"),
                ("Cluster", "ok", "1 個節點運作中"),
                ("Storage", "ok", "儲存運作正常"),
            ],
            health.GetProperty("checks").EnumerateArray().Select(check => (
                check.GetProperty("name").GetString()!, check.GetProperty("status").GetString()!,
                check.GetProperty("message").GetString()!)));
    }

    [Fact]
    public async Task A_login_answers_a_token_that_is_good_for_the_rest()
    {
        using var rest = Hub.Rest();
        (await rest.GetAsync("/api/auth/me")).ExpectError(HttpStatusCode.Unauthorized, "UNAUTHORIZED");

        await rest.LogInAsync("admin@notifyhub.com", "admin123");

        var me = (await rest.GetAsync("/api/auth/me")).Expect(HttpStatusCode.OK).Data;
        Assert.Equal("admin@notifyhub.com", me.GetProperty("email").GetString());
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_address_get_the_same_answer()
    {
        using var rest = Hub.Rest();

        var wrong = await rest.PostAsync("/api/auth/login", """{"email":"admin@notifyhub.com","password":"wrong"}""");
        var unknown = await rest.PostAsync("/api/auth/login", """{"email":"nobody@notifyhub.com","password":"admin123"}""");

        wrong.ExpectError(HttpStatusCode.Unauthorized, "INVALID_CREDENTIALS");
        Assert.Equal(wrong, unknown);
    }

    [Theory]
    [InlineData("""{"type":"ping","time":1234567890}""", """{"type":"pong","time":1234567890}""")]
    [InlineData("""{"type": "ping", "time": 1234567890}""", """{"type":"pong","time":1234567890}""")]
    [InlineData(
        """{"time":123456789012345678901234567890,"type":"ping"}""", """{"type":"pong","time":123456789012345678901234567890}""")]
    [InlineData("""{"type":"ping","time":1.50}""", """{"type":"pong","time":1.50}""")]
    [InlineData("""{"type":"ping","time":-1E+400}""", """{"type":"pong","time":-1E+400}""")]
    [InlineData(
        """{"type":"ping","time":{"a": [1, 2.0], "b":"\u00e9\/"}}""",
        """{"type":"pong","time":{"a": [1, 2.0], "b":"\u00e9\/"}}""")]
    [InlineData("""{"type":"ping","time":null}""", """{"type":"pong","time":null}""")]
    [InlineData("""{"type":"ping","time":"時間"}""", """{"type":"pong","time":"時間"}""")]
    [InlineData("""{"type":"ping"}""", """{"type":"pong"}""")]
    public async Task A_ping_is_answered_with_the_same_raw_time(string ping, string pong)
    {
        await using var client = await Hub.ConnectAsync();

        await client.SendAsync(ping);

        Assert.Equal(pong, await client.NextAsync());
    }

    [Theory]
    [InlineData("hello", "INVALID_JSON")]
    [InlineData("[]", "INVALID_JSON")]
    [InlineData("", "INVALID_JSON")]
    [InlineData("""{"type":"shout"}""", "UNKNOWN_TYPE")]
    [InlineData("{}", "UNKNOWN_TYPE")]
    public async Task A_text_that_is_not_understood_is_answered_with_an_error_and_the_connection_stays(string text, string code)
    {
        await using var client = await Hub.ConnectAsync();

        await client.SendAsync(text);

        var error = await client.NextJsonAsync();
        Assert.Equal(("error", code), (error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
        await client.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await client.NextAsync());
    }

    [Fact]
    public async Task A_notification_posted_by_rest_reaches_a_client_as_the_same_object()
    {
        using var rest = await Hub.LogInAsync();
        await using var client = await Hub.ConnectAsync();

        var answer = await rest.PostAsync(
            "/api/notifications/windows",
            """{"title":"WebSocket 測試","message":"這是一個測試通知","severity":"info","metadata":"""
            + """{"big":123456789012345678901,"n":1.0}}""");

        answer.Expect(HttpStatusCode.Created);
        var got = await client.NextAsync();
        Assert.Equal($$$"""{"type":"new_notification","data":{{{answer.Data.GetRawText()}}}}""", got);
        Assert.Equal("WebSocket 測試", answer.Data.GetProperty("title").GetString());
        Assert.Equal("windows", answer.Data.GetProperty("type").GetString());
        var stored = (await rest.GetAsync($"/api/notifications/windows/{answer.Data.GetProperty("id").GetInt64()}"))
            .Expect(HttpStatusCode.OK).Data;
        Assert.Equal("這是一個測試通知", stored.GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("""{"type":"test","data":{}}""")]
    [InlineData(""" 	{ "type" : "test",  "data" : { "a" : [ 1 , 2.50, -0, 1E400 ] } }  """)]
    [InlineData("""{"type":"\u0074est","data":"\ud83d\ude00 😀 \/ \u0000","z":1,"a":2,"a":3}""")]
    public async Task A_pushed_line_reaches_a_client_byte_for_byte(string line)
    {
        await using var client = await Hub.ConnectAsync();
        using var push = await Hub.ConnectPushAsync();

        var answer = await push.PushAsync(line);

        Assert.Equal("ok", answer);
        Assert.Equal(line, await client.NextAsync());
    }

    [Fact]
    public async Task A_netcat_that_never_ends_its_stream_gets_its_ok_and_is_closed()
    {
        await using var hub = await NotifyHubProcess.StartAsync(("PushIdle", "00:00:10"));
        await using var client = await hub.ConnectAsync();
        using var push = await hub.ConnectPushAsync();

        await push.SendAsync("{\"type\":\"test\",\"data\":{}}\r\n");

        Assert.Equal("ok", await push.ReadLineAsync());
        Assert.Null(await push.ReadLineAsync());
        Assert.Equal("""{"type":"test","data":{}}""", await client.NextAsync());
    }

    [Fact]
    public async Task A_netcat_that_ends_its_stream_is_closed_at_once_after_its_answers()
    {
        await using var client = await Hub.ConnectAsync();
        using var push = await Hub.ConnectPushAsync();

        await push.SendAsync("{\"n\":1}\nno json\n{\"n\":2}\n{\"n\":3}");
        push.EndSending();

        Assert.Equal("ok", await push.ReadLineAsync());
        Assert.StartsWith("error: ", await push.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal("ok", await push.ReadLineAsync());
        Assert.StartsWith("error: ", await push.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Null(await push.ReadLineAsync());
        Assert.Equal("""{"n":1}""", await client.NextAsync());
        Assert.Equal("""{"n":2}""", await client.NextAsync());
    }

    [Fact]
    public async Task Connections_and_numbers_follow_a_client_that_comes_and_goes()
    {
        // Its own process: in the shared one, sessions of the previous test may be reported after the baseline was taken.
        await using var hub = await NotifyHubProcess.StartAsync();
        using var rest = await hub.LogInAsync();
        await Until.TrueAsync(async () => (await rest.StatsAsync()).GetProperty("activeConnections").GetInt64() == 0);
        var before = await rest.StatsAsync();
        long Number(JsonElement stats, string name) => stats.GetProperty(name).GetInt64() - before.GetProperty(name).GetInt64();

        await using var client = await hub.ConnectAsync();
        var connected = await rest.ConnectionAsync(client.UserAgent, one => one.GetProperty("status").GetString() == "connected");
        JsonElement stats = default;
        await Until.TrueAsync(
            async () => Number(stats = await rest.StatsAsync(), "activeConnections") == 1, () => stats.GetRawText());
        Assert.Equal(1, Number(stats, "totalConnections"));
        Assert.Equal("127.0.0.1", connected.GetProperty("ipAddress").GetString());
        Assert.Equal(JsonValueKind.Null, connected.GetProperty("disconnectedAt").ValueKind);

        await client.CloseAsync();
        var gone = await rest.ConnectionAsync(client.UserAgent, one => one.GetProperty("status").GetString() != "connected");
        Assert.Equal("disconnected", gone.GetProperty("status").GetString());
        Assert.NotEqual(JsonValueKind.Null, gone.GetProperty("disconnectedAt").ValueKind);
        await Until.TrueAsync(
            async () => Number(stats = await rest.StatsAsync(), "activeConnections") == 0, () => stats.GetRawText());
        Assert.Equal((1, 0), (Number(stats, "totalConnections"), Number(stats, "errorConnections")));
    }

    [Fact]
    public async Task Every_message_of_a_client_is_counted_in_its_direction()
    {
        using var rest = await Hub.LogInAsync();
        using var push = await Hub.ConnectPushAsync();
        await using var client = await Hub.ConnectAsync();

        await client.SendAsync("""{"type":"ping","time":1}""");
        await client.NextAsync();
        await client.SendAsync("nonsense");
        await client.NextAsync();
        Assert.Equal("ok", await push.PushAsync("{}"));
        await client.NextAsync();

        var live = await rest.ConnectionAsync(client.UserAgent, one => one.GetProperty("messagesSent").GetInt64() == 3);
        Assert.Equal(2, live.GetProperty("messagesReceived").GetInt64());
        Assert.Equal(1, live.GetProperty("errorCount").GetInt64());
        Assert.NotEqual(JsonValueKind.Null, live.GetProperty("lastPingAt").ValueKind);
        await client.CloseAsync();
        // A connection that had errors counts as one, although it was closed properly.
        var stored = await rest.ConnectionAsync(client.UserAgent, one => one.GetProperty("status").GetString() != "connected");
        Assert.Equal("error", stored.GetProperty("status").GetString());
        Assert.Equal((3, 2), (stored.GetProperty("messagesSent").GetInt64(), stored.GetProperty("messagesReceived").GetInt64()));
    }

    [Fact]
    public async Task An_administrator_closes_one_client_and_no_other()
    {
        using var rest = await Hub.LogInAsync();
        await using var one = await Hub.ConnectAsync();
        await using var other = await Hub.ConnectAsync();
        var connection = await rest.ConnectionAsync(one.UserAgent, _ => true);

        var answer = await rest.SendAsync(
            HttpMethod.Delete, $"/api/websocket/connections/{connection.GetProperty("connectionId").GetString()}");

        answer.Expect(HttpStatusCode.OK);
        Assert.Equal(1008, (await one.WaitUntilClosedAsync()).Code);
        await other.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await other.NextAsync());
    }
}
