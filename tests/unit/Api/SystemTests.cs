using System.Net;
using System.Text.Json;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class SystemTests
{
    private const string Status = "/api/system/websocket/status";

    [Fact]
    public async Task The_status_has_the_guides_fields_in_the_guides_types()
    {
        await using var server = await ApiServer.StartAsync();
        var report = new NodeReport(
            "gw-1", "gateway", "10.0.0.1:8080", 42, 12.345, 6.78, 5, new(2026, 1, 22, 2, 30, 0, TimeSpan.Zero));
        server.Grid.Status = server.Grid.Status with { Nodes = [new(report, new(2026, 1, 22, 7, 30, 0, TimeSpan.Zero))] };
        var answer = await server.GetAsync(Status);
        var data = answer.Data;

        Assert.Equal(
            [
                "service_running", "websocket_port", "internal_port", "websocket_port_listening", "internal_port_listening",
                "pid", "process_info", "active_connections", "total_connections", "server_time", "last_connection_at",
                "health", "nodes",
            ],
            data.EnumerateObject().Select(field => field.Name));
        Assert.True(data.GetProperty("service_running").GetBoolean());
        Assert.Equal(
            ("8080", "8081"), (data.GetProperty("websocket_port").GetString(), data.GetProperty("internal_port").GetString()));
        Assert.Equal(Environment.ProcessId, data.GetProperty("pid").GetInt32());
        Assert.Equal(
            (5, 100), (data.GetProperty("active_connections").GetInt32(), data.GetProperty("total_connections").GetInt32()));
        Assert.Equal("2026-01-22 15:28:15", data.GetProperty("last_connection_at").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", data.GetProperty("server_time").GetString());

        var process = data.GetProperty("process_info");
        Assert.Equal(["pid", "cpu", "mem", "start_time", "command"], process.EnumerateObject().Select(field => field.Name));
        Assert.Matches(@"^\d+\.\d$", process.GetProperty("cpu").GetString());
        Assert.Matches(@"^\d+\.\d$", process.GetProperty("mem").GetString());
        Assert.Matches(@"^\d\d:\d\d$", process.GetProperty("start_time").GetString());
        Assert.NotEmpty(process.GetProperty("command").GetString()!);

        Assert.Equal(
            """
            {"status":"healthy","checks":[
            {"name":"Service Running","status":"ok","message":"WebSocket 服務正在運行"},
            {"name":"WebSocket Port","status":"ok","message":"Port 8080 正在監聽"},
            {"name":"Internal Push Port","status":"ok","message":"Port 8081 正在監聽"},
            {"name":"Connections","status":"ok","message":"5 活躍連線 / 100 總連線"},
            {"name":"Cluster","status":"ok","message":"1 個節點運作中"},
            {"name":"Storage","status":"ok","message":"儲存運作正常"}]}
            """.ReplaceLineEndings(""),
            data.GetProperty("health").GetRawText());
        Assert.Equal(
            """
            [{"id":"gw-1","role":"gateway","address":"10.0.0.1:8080","pid":42,"cpu":"12.3","mem":"6.8","connections":5,
            "started_at":"2026-01-22 10:30:00","last_seen_at":"2026-01-22 15:30:00"}]
            """.ReplaceLineEndings(""),
            data.GetProperty("nodes").GetRawText());
    }

    [Fact]
    public async Task A_stopped_service_has_no_process_and_listens_nowhere()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await server.PostAsync("/api/system/websocket/stop", null, token);
        var data = (await server.GetAsync(Status)).Data;

        foreach (var field in (string[])["service_running", "websocket_port_listening", "internal_port_listening"])
            Assert.False(data.GetProperty(field).GetBoolean());
        Assert.Equal(JsonValueKind.Null, data.GetProperty("pid").ValueKind);
        Assert.Equal(JsonValueKind.Null, data.GetProperty("process_info").ValueKind);
        Assert.Equal("unhealthy", data.GetProperty("health").GetProperty("status").GetString());
        Assert.Equal(["error", "error", "error", "ok", "ok", "ok"], Checks(data));
        Assert.Equal(100, data.GetProperty("total_connections").GetInt32());
    }

    [Fact]
    public async Task Without_the_grid_the_status_has_the_last_known_state()
    {
        await using var server = await ApiServer.StartAsync();
        await server.GetAsync(Status);
        server.Grid.Fault = new TimeoutException();
        var answer = await server.SendAsync(HttpMethod.Get, Status, headers: ("X-API-Key", FakeGrid.ApiKeySecret));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(100, answer.Data.GetProperty("total_connections").GetInt32());
        Assert.Equal(["ok", "ok", "ok", "warning", "error", "warning"], Checks(answer.Data));
        Assert.Equal("unhealthy", answer.Data.GetProperty("health").GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_failing_storage_is_reported()
    {
        await using var server = await ApiServer.StartAsync();
        server.Grid.Status = server.Grid.Status with { StorageError = new("connection refused") };
        var english = await HealthAsync(server, "en");

        Assert.Equal("unhealthy", english.GetProperty("status").GetString());
        Assert.Equal(
            [
                "The WebSocket service is running", "Port 8080 is listening", "Port 8081 is listening",
                "5 active connections / 100 in total", "0 nodes are up", "The storage is unavailable",
            ],
            english.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("message").GetString()));
        // The cause is English in every language, and so not part of a sentence of another one.
        const string Chinese = """{"name":"Storage","status":"error","message":"儲存無法使用","detail":"connection refused"}""";
        Assert.Equal(Chinese, Storage(await HealthAsync(server, "zh-TW")).GetRawText());
        Assert.Equal("connection refused", Storage(english).GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Broken_storage_has_the_words_of_its_error_in_status_and_deep_check()
    {
        const string Why = "The database is damaged. Restore a backup.";
        await using var server = await ApiServer.StartAsync();
        server.Grid.Status = server.Grid.Status with { StorageError = new(Why, IsBroken: true) };
        var check = Storage(await HealthAsync(server, "zh-TW"));
        var deep = await server.GetAsync("/health/ready?deep=1");

        const string Message = "資料庫缺少資料表或權限，或已損壞；修復之前重試無用，原因見 Silo 的日誌";
        Assert.Equal(
            (Message, Why), (check.GetProperty("message").GetString(), check.GetProperty("detail").GetString()));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "STORAGE_BROKEN"), (deep.Status, deep.Code));
        Assert.Equal((Message, Why), (deep.Error.GetProperty("message").GetString(), deep.Detail("storage")));
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/health/ready")).Status);
    }

    [Fact]
    public async Task Deep_check_whose_own_call_meets_a_broken_storage_says_so_without_its_words()
    {
        await using var server = await ApiServer.StartAsync();
        server.Grid.Fault = new StorageBrokenException("The SQLite file '/secret/notifyhub.db' lacks a table.");
        var deep = await server.GetAsync("/health/ready?deep=1");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "STORAGE_BROKEN"), (deep.Status, deep.Code));
        Assert.DoesNotContain("secret", deep.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_storage_that_works_with_a_warning_degrades_the_health()
    {
        await using var server = await ApiServer.StartAsync();
        server.Grid.Status = server.Grid.Status with { StorageWarning = "The storage is not durable." };
        var health = (await server.GetAsync(Status)).Data.GetProperty("health");

        Assert.Equal("degraded", health.GetProperty("status").GetString());
        var check = health.GetProperty("checks").EnumerateArray().Last();
        Assert.Equal(
            ("Storage", "warning", "儲存可用，但有需要留意之處", "The storage is not durable."),
            (check.GetProperty("name").GetString(), check.GetProperty("status").GetString(),
                check.GetProperty("message").GetString(), check.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task Start_stop_and_restart_say_what_they_did()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();

        // Like the guide's curl command: a content type but no body.
        Assert.Equal(("already_running", "WebSocket 服務已在運行中", true), await DoAsync("start"));
        Assert.Equal(("stopped", "WebSocket 服務已停止", false), await DoAsync("stop"));
        Assert.Equal(("already_stopped", "WebSocket 服務已經停止", false), await DoAsync("stop"));
        Assert.Equal(("started", "WebSocket 服務已啟動", true), await DoAsync("start"));
        Assert.Equal(("restarted", "WebSocket 服務已重啟", true), await DoAsync("restart"));

        async Task<(string?, string?, bool)> DoAsync(string verb)
        {
            var withType = await server.PostAsync($"/api/system/websocket/{verb}", "", token);
            Assert.Equal(HttpStatusCode.OK, withType.Status);
            var process = withType.Data.GetProperty("process_info");
            return (
                withType.Data.GetProperty("status").GetString(),
                withType.Data.GetProperty("message").GetString(),
                process.ValueKind == JsonValueKind.Object);
        }
    }

    [Fact]
    public async Task Ready_is_the_gateways_own_matter_and_deep_asks_the_grid()
    {
        await using var server = await ApiServer.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/health/live")).Status);
        Assert.Equal("""{"success":true,"data":{"status":"ok"}}""", (await server.GetAsync("/health/ready")).Body);
        Assert.Equal("""{"success":true,"data":{"status":"ok"}}""", (await DeepAsync()).Body);

        server.Node.Publish(state => state with { WebSocketListening = false });
        Assert.Equal("尚未接受 WebSocket", (await server.GetAsync("/health/ready")).Detail("gateway"));

        server.Grid.Service = server.Grid.Service with { Running = false };
        server.Node.Publish(state => state with { Service = server.Grid.Service });
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/health/ready")).Status);
        Assert.Equal(HttpStatusCode.OK, (await DeepAsync()).Status);

        server.Grid.Service = server.Grid.Service with { Running = true };
        Assert.Equal("此閘道尚未套用網格所要的服務狀態", (await DeepAsync()).Detail("grid"));

        server.Grid.Status = server.Grid.Status with { StorageError = new("connection refused") };
        Assert.Equal("connection refused", (await DeepAsync()).Detail("storage"));

        server.Grid.Fault = new TimeoutException();
        var alone = await DeepAsync();
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "UNAVAILABLE"), (alone.Status, alone.Code));
        Assert.Equal("無法連線到叢集", alone.Detail("grid"));
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/health/ready")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/health/live")).Status);

        Task<Answer> DeepAsync()
        {
            server.Clock.Advance(TimeSpan.FromSeconds(2));
            return server.GetAsync("/health/ready?deep=1");
        }
    }

    [Fact]
    public async Task However_many_ask_deep_the_grid_is_asked_once_a_second()
    {
        await using var server = await ApiServer.StartAsync();
        server.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/health/ready?deep=1")).Status);

        server.Grid.Fault = new TimeoutException();

        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/health/ready?deep=1")).Status);
        server.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.GetAsync("/health/ready?deep=1")).Status);
    }

    [Fact]
    public async Task The_info_says_whether_the_default_password_is_in_use()
    {
        await using var server = await ApiServer.StartAsync();
        var info = (await server.GetAsync("/api/system/info", await server.LogInAsync())).Data;
        Assert.Equal(
            """{"version":"0.1.0","mode":"embedded","time_zone":"Asia/Taipei","default_password":true}""", info.GetRawText());

        await using var careful = await ApiServer.StartAsync();
        careful.Grid.Users[7] = careful.Grid.Users[7] with { HasDefaultPassword = false };
        info = (await careful.GetAsync("/api/system/info", await careful.LogInAsync())).Data;
        Assert.False(info.GetProperty("default_password").GetBoolean());
    }

    [Fact]
    public async Task The_overview_has_the_grid_and_its_last_minutes()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        var at = new DateTimeOffset(2026, 1, 22, 15, 28, 15, TimeSpan.FromHours(8));
        server.Grid.Points = [new(at, 5, 0, 0, null, null), new(at.AddSeconds(5), 5, 12.5, 62.5, 1.25, 7.5)];
        var data = (await server.GetAsync("/api/system/overview", token)).Data;

        Assert.Equal(
            ["server_time", "connections", "rates", "latency_ms", "health", "nodes", "series"],
            data.EnumerateObject().Select(field => field.Name));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", data.GetProperty("server_time").GetString());
        Assert.Equal("""{"active":5,"total":100,"errors":4}""", data.GetProperty("connections").GetRawText());
        Assert.Equal("""{"publishes_per_second":12.5,"deliveries_per_second":62.5}""", data.GetProperty("rates").GetRawText());
        Assert.Equal("""{"p50":1.25,"p99":7.5}""", data.GetProperty("latency_ms").GetRawText());
        Assert.Equal("healthy", data.GetProperty("health").GetProperty("status").GetString());
        Assert.Equal(
            """
            [{"at":"2026-01-22T07:28:15Z","connections":5,"publishes_per_second":0,"deliveries_per_second":0,
            "p50_ms":null,"p99_ms":null},
            {"at":"2026-01-22T07:28:20Z","connections":5,"publishes_per_second":12.5,"deliveries_per_second":62.5,
            "p50_ms":1.25,"p99_ms":7.5}]
            """.ReplaceLineEndings(""),
            data.GetProperty("series").GetRawText());

        server.Grid.Fault = new TimeoutException();
        var alone = (await server.GetAsync("/api/system/overview", token)).Data;
        Assert.Equal("unhealthy", alone.GetProperty("health").GetProperty("status").GetString());
        Assert.Equal("""{"publishes_per_second":0,"deliveries_per_second":0}""", alone.GetProperty("rates").GetRawText());
        Assert.Equal(JsonValueKind.Null, alone.GetProperty("latency_ms").ValueKind);
        Assert.Equal(2, alone.GetProperty("series").GetArrayLength());
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync("/api/system/overview")).Status);
    }

    private static async Task<JsonElement> HealthAsync(ApiServer server, string language) =>
        (await server.SendAsync(HttpMethod.Get, Status, headers: ("Accept-Language", language))).Data.GetProperty("health");

    private static JsonElement Storage(JsonElement health) => health.GetProperty("checks").EnumerateArray().Last();

    private static string[] Checks(JsonElement data) =>
    [
        .. data.GetProperty("health").GetProperty("checks").EnumerateArray()
            .Select(check => check.GetProperty("status").GetString()!),
    ];
}
