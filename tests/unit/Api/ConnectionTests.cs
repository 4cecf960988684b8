using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class ConnectionTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 22, 7, 0, 0, TimeSpan.Zero);
    private static readonly Session Session = new(
        9, new("c1", "10.0.0.9", "瀏覽器", "notifyhub.v1", At), "gw-1", "error", At.AddMinutes(1),
        new("c1", 4, 3, 2, "oversized frame", null));

    [Fact]
    public async Task Connections_are_listed_in_the_contracts_form()
    {
        await using var server = await ApiServer.StartAsync();
        server.Grid.Sessions.Add(Session);
        var answer = await server.GetAsync("/api/websocket/connections?status=error&page=2&limit=7", await server.LogInAsync());

        Assert.Equal(
            """
            {"connections":[{"id":"9","connectionId":"c1","ipAddress":"10.0.0.9","userAgent":"瀏覽器","status":"error",
            "connectedAt":"2026-01-22 15:00:00","disconnectedAt":"2026-01-22 15:01:00","lastPingAt":null,"messagesSent":4,
            "messagesReceived":3,"errorCount":2,"lastError":"oversized frame",
            "metadata":{"gateway":"gw-1","protocol":"notifyhub.v1"}}],"total":1,"page":2,"limit":7}
            """.ReplaceLineEndings(""),
            answer.Data.GetRawText());
        Assert.Equal(new SessionQuery("error", 2, 7), server.Grid.LastSessionQuery);
    }

    [Theory]
    [InlineData("", null, 1, 50)]
    [InlineData("?status=all&page=1&limit=500", null, 1, 500)]
    [InlineData("?status=&page=&limit=", null, 1, 50)]
    [InlineData("?status=connected&page=2000", "connected", 2_000, 50)]
    public async Task Paging_has_defaults(string query, string? status, int page, int limit)
    {
        await using var server = await ApiServer.StartAsync();
        await server.GetAsync($"/api/websocket/connections{query}", await server.LogInAsync());
        Assert.Equal(new SessionQuery(status, page, limit), server.Grid.LastSessionQuery);
    }

    [Theory]
    [InlineData("page=0", "page")]
    [InlineData("page=-1", "page")]
    [InlineData("page=2001", "page")]
    [InlineData("page=100001&limit=1", "page")]
    [InlineData("page=201&limit=500", "page")]
    [InlineData("page=99999999999999", "page")]
    [InlineData("page=1&page=2", "page")]
    [InlineData("page=%201", "page")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=501", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("status=gone", "status")]
    [InlineData("status=gone&page=x&limit=1.5", "limit,page,status")]
    public async Task Out_of_range_paging_names_the_field(string query, string fields)
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.GetAsync($"/api/websocket/connections?{query}", await server.LogInAsync());

        Assert.Equal("VALIDATION_ERROR", answer.Code);
        Assert.Equal(fields.Split(','), answer.FaultyFields);
        Assert.Null(server.Grid.LastSessionQuery);
    }

    [Fact]
    public async Task A_client_is_closed_by_its_id()
    {
        await using var server = await ApiServer.StartAsync();
        server.Grid.Sessions.Add(Session);
        var token = await server.LogInAsync();

        var closed = await server.SendAsync(HttpMethod.Delete, "/api/websocket/connections/c1", token: token);
        Assert.Equal("""{"connectionId":"c1"}""", closed.Data.GetRawText());
        Assert.Equal(
            "NOT_FOUND", (await server.SendAsync(HttpMethod.Delete, "/api/websocket/connections/c2", token: token)).Code);
    }

    [Fact]
    public async Task Stats_have_the_form_of_the_contract()
    {
        await using var server = await ApiServer.StartAsync();
        server.Grid.Stats = new SessionStats(2, 3, 1, 3, 1.23456, [new("2026-01-22", 3, 2, 1)], 10, 4, [Session]);
        var data = (await server.GetAsync("/api/websocket/stats", await server.LogInAsync())).Data;

        Assert.Equal(
            """
            {"activeConnections":2,"totalConnections":3,"errorConnections":1,"todayConnections":3,
            "avgConnectionDuration":1.23,"dailyTrends":[{"date":"2026-01-22","count":3,"active":2,"errors":1}],
            "messageStats":{"totalSent":10,"totalReceived":4,"avgSentPerConnection":3.33,"avgReceivedPerConnection":1.33},
            "recentErrors":[{"connectionId":"c1","ipAddress":"10.0.0.9","error":"oversized frame","errorCount":2,
            "connectedAt":"2026-01-22 15:00:00"}]}
            """.ReplaceLineEndings(""),
            data.GetRawText());
    }

    [Fact]
    public async Task A_grid_that_never_had_a_client_has_zeros()
    {
        await using var server = await ApiServer.StartAsync();
        var stats = (await server.GetAsync("/api/websocket/stats", await server.LogInAsync())).Data;
        Assert.Equal(
            """{"totalSent":0,"totalReceived":0,"avgSentPerConnection":0,"avgReceivedPerConnection":0}""",
            stats.GetProperty("messageStats").GetRawText());
    }
}
