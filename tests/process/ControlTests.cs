using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>Start, stop and restart by an administrator. Every test leaves the service running.</summary>
public sealed class ControlTests(ControlTests.Shared shared) : IClassFixture<ControlTests.Shared>
{
    private const string Start = "/api/system/websocket/start";
    private const string Stop = "/api/system/websocket/stop";
    private const string Restart = "/api/system/websocket/restart";

    public sealed class Shared() : SharedProcess();

    private NotifyHubProcess Hub => shared.Hub;

    [Theory]
    [InlineData(Start)]
    [InlineData(Stop)]
    [InlineData(Restart)]
    public async Task Without_an_administrators_login_nothing_is_started_or_stopped(string command)
    {
        using var admin = await Hub.LogInAsync();
        using var nobody = Hub.Rest();
        using var service = Hub.Rest();
        service.ApiKey = (await admin.PostAsync("/api/keys", """{"name":"billing"}""")).Expect(HttpStatusCode.Created).Data
            .GetProperty("key").GetString();
        await using var client = await Hub.ConnectAsync();

        (await nobody.PostAsync(command)).ExpectError(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        (await service.PostAsync(command)).ExpectError(HttpStatusCode.Forbidden, "FORBIDDEN");

        await client.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await client.NextAsync());
    }

    [Fact]
    public async Task Commands_are_idempotent_and_report_whether_they_changed_anything()
    {
        using var admin = await Hub.LogInAsync();

        Assert.Equal("already_running", await CommandAsync(admin, Start));
        Assert.Equal("stopped", await CommandAsync(admin, Stop, "{}"));
        Assert.Equal("already_stopped", await CommandAsync(admin, Stop));
        Assert.Equal("started", await CommandAsync(admin, Start, ""));
        Assert.Equal("already_running", await CommandAsync(admin, Start));
        Assert.Equal("restarted", await CommandAsync(admin, Restart));
        Assert.Equal("restarted", await CommandAsync(admin, Restart));
    }

    [Fact]
    public async Task A_stop_closes_clients_and_both_doors_and_the_status_says_so()
    {
        using var admin = await Hub.LogInAsync();
        await using var client = await Hub.ConnectAsync();

        var answer = (await admin.PostAsync(Stop)).Expect(HttpStatusCode.OK).Data;

        Assert.Equal("WebSocket 服務已停止", answer.GetProperty("message").GetString());
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("process_info").ValueKind);
        Assert.Equal((1001, "service stopped"), await client.WaitUntilClosedAsync());
        using var refused = await RawSocket.ConnectAsync(Hub.WebSocketPort);
        await refused.SendAsync(refused.Handshake("/", ("Connection", "Upgrade, close")));
        Assert.StartsWith("HTTP/1.1 503 ", await refused.ReadHeadAsync(), StringComparison.Ordinal);
        using (var rest = Hub.Rest())
        {
            (await rest.SendAsync(HttpMethod.Get, "/", null, [
                ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", RawSocket.Key),
            ])).ExpectError(HttpStatusCode.ServiceUnavailable, "SERVICE_STOPPED");
        }

        var refusal = await Assert.ThrowsAsync<SocketException>(Hub.ConnectPushAsync);
        Assert.Equal(SocketError.ConnectionRefused, refusal.SocketErrorCode);

        var status = await admin.StatusAsync();
        Assert.False(status.GetProperty("service_running").GetBoolean());
        Assert.False(status.GetProperty("websocket_port_listening").GetBoolean());
        Assert.False(status.GetProperty("internal_port_listening").GetBoolean());
        Assert.Equal(JsonValueKind.Null, status.GetProperty("pid").ValueKind);
        Assert.Equal(JsonValueKind.Null, status.GetProperty("process_info").ValueKind);
        Assert.Equal("unhealthy", status.GetProperty("health").GetProperty("status").GetString());
        Assert.Equal(
            ["error WebSocket 服務未運行", $"error Port {Hub.WebSocketPort} 未監聽", $"error Port {Hub.PushPort} 未監聽"],
            status.GetProperty("health").GetProperty("checks").EnumerateArray().Take(3)
                .Select(check => $"{check.GetProperty("status").GetString()} {check.GetProperty("message").GetString()}"));
        var closed = await admin.ConnectionAsync(client.UserAgent, one => one.GetProperty("status").GetString() != "connected");
        Assert.Equal("disconnected", closed.GetProperty("status").GetString());

        Assert.Equal("started", await CommandAsync(admin, Start));
    }

    [Theory]
    [InlineData(Stop, false)]
    [InlineData(Stop, true)]
    [InlineData(Restart, false)]
    [InlineData(Restart, true)]
    public async Task When_a_command_is_answered_no_client_that_it_closed_is_counted(string command, bool oneDoesNotRead)
    {
        using var admin = await Hub.LogInAsync();
        List<SocketClient> clients = [];
        for (var i = 0; i < 5; i++) clients.Add(await Hub.ConnectAsync(v1: i % 2 == 0));
        using var deaf = oneDoesNotRead ? await RawSocket.UpgradeAsync(Hub.WebSocketPort) : null;
        var wanted = oneDoesNotRead ? 6 : 5;
        await Until.TrueAsync(async () => (await admin.StatusAsync()).GetProperty("active_connections").GetInt64() == wanted);

        var answer = (await admin.PostAsync(command)).Expect(HttpStatusCode.OK).Data;

        var status = await admin.StatusAsync();
        Assert.Equal(0, status.GetProperty("active_connections").GetInt64());
        Assert.Equal(0, (await admin.StatsAsync()).GetProperty("activeConnections").GetInt64());
        Assert.Empty(await admin.ConnectionsAsync("connected"));
        Assert.Equal(command == Restart, status.GetProperty("service_running").GetBoolean());
        Assert.False(answer.TryGetProperty("unanswered_gateways", out _));
        foreach (var client in clients)
        {
            Assert.Equal(command == Stop ? 1001 : 1012, (await client.WaitUntilClosedAsync()).Code);
            await client.DisposeAsync();
        }

        await CommandAsync(admin, Start);
    }

    [Fact]
    public async Task When_a_close_is_answered_the_client_is_gone()
    {
        using var admin = await Hub.LogInAsync();
        await using var client = await Hub.ConnectAsync();
        var id = (await admin.ConnectionAsync(client.UserAgent, _ => true)).GetProperty("connectionId").GetString();

        (await admin.SendAsync(HttpMethod.Delete, $"/api/websocket/connections/{id}")).Expect(HttpStatusCode.OK);

        Assert.Equal(0, (await admin.StatusAsync()).GetProperty("active_connections").GetInt64());
        Assert.Empty(await admin.ConnectionsAsync("connected"));
        Assert.Equal(1008, (await client.WaitUntilClosedAsync()).Code);
    }

    [Fact]
    public async Task A_notification_made_while_stopped_reaches_a_client_that_resumes_after_the_start()
    {
        using var admin = await Hub.LogInAsync();
        await using var before = await Hub.ConnectAsync(v1: true);
        var known = (await before.NextJsonAsync()).GetProperty("offset").GetInt64();
        await CommandAsync(admin, Stop);
        Assert.Equal(1001, (await before.WaitUntilClosedAsync()).Code);

        var made = (await admin.PostAsync("/api/notifications/windows", """{"title":"meanwhile","message":"stored"}"""))
            .Expect(HttpStatusCode.Created).Data;

        Assert.Equal("started", await CommandAsync(admin, Start));
        await using var after = await Hub.ConnectAsync($"?since={known}", v1: true);
        Assert.True((await after.NextJsonAsync()).GetProperty("recovered").GetBoolean());
        Assert.Equal(
            $$$"""{"type":"message","channel":"all","offset":{{{known + 1}}},"data":{{{made.GetRawText()}}}}""",
            await after.NextAsync());
        using var push = await Hub.ConnectPushAsync();
        Assert.Equal("ok", await push.PushAsync("""{"open":"again"}"""));
        Assert.EndsWith(""","data":{"open":"again"}}""", await after.NextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restart_closes_clients_with_1012_and_they_come_back_to_the_same_ports()
    {
        using var admin = await Hub.LogInAsync();
        await using var plain = await Hub.ConnectAsync();
        await using var v1 = await Hub.ConnectAsync(v1: true);
        await v1.NextAsync();

        var answer = (await admin.PostAsync(Restart)).Expect(HttpStatusCode.OK).Data;

        Assert.Equal(Hub.Pid, answer.GetProperty("process_info").GetProperty("pid").GetInt32());
        Assert.Equal((1012, "service restart"), await plain.WaitUntilClosedAsync());
        Assert.Equal((1012, "service restart"), await v1.WaitUntilClosedAsync());
        var reconnect = JsonElement.Parse(Assert.Single(v1.Rest()));
        Assert.Equal("reconnect", reconnect.GetProperty("type").GetString());
        Assert.InRange(reconnect.GetProperty("after_ms").GetInt32(), 0, 5000);
        Assert.Empty(plain.Rest());
        await using var again = await Hub.ConnectAsync();
        using var push = await Hub.ConnectPushAsync();
        Assert.Equal("ok", await push.PushAsync("{}"));
        Assert.Equal("{}", await again.NextAsync());
    }

    [Fact]
    public async Task A_stop_outlives_the_process_and_totals_outlive_a_stop_a_restart_and_the_process()
    {
        await using var hub = await NotifyHubProcess.StartAsync();
        using var admin = await hub.LogInAsync();
        await using (var first = await hub.ConnectAsync()) await first.CloseAsync(WebSocketCloseStatus.NormalClosure);
        await using var second = await hub.ConnectAsync();
        await Until.TrueAsync(async () => (await admin.StatusAsync()).GetProperty("total_connections").GetInt64() == 2);
        await CommandAsync(admin, Restart);
        await CommandAsync(admin, Stop);
        Assert.Equal(2, (await admin.StatusAsync()).GetProperty("total_connections").GetInt64());

        Assert.Equal(0, await hub.StopAsync());
        await hub.StartAgainAsync();

        using var again = await hub.LogInAsync();
        var status = await again.StatusAsync();
        Assert.False(status.GetProperty("service_running").GetBoolean());
        // The system assigns the push port once it is opened.
        Assert.Equal(-1, hub.PushPort);
        await Until.TrueAsync(async () => (status = await again.StatusAsync()).GetProperty("active_connections").GetInt64() == 0);
        Assert.Equal(2, status.GetProperty("total_connections").GetInt64());
        await Assert.ThrowsAsync<WebSocketException>(() => hub.ConnectAsync());
        Assert.Equal("started", await CommandAsync(again, Start));
        await using var third = await hub.ConnectAsync();
        await Until.TrueAsync(async () => (await again.StatusAsync()).GetProperty("total_connections").GetInt64() == 3);
    }

    private static async Task<string?> CommandAsync(RestClient admin, string command, string? body = null) =>
        (await admin.PostAsync(command, body)).Expect(HttpStatusCode.OK).Data.GetProperty("status").GetString();
}
