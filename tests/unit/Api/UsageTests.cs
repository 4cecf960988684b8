using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Api;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class UsageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_is_recorded_with_caller_route_and_outcome_but_without_secrets()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await server.GetAsync("/api/notifications/windows/41?token=secret&key=secret", token);
        await server.SendAsync(
            HttpMethod.Get, "/api/websocket/stats", null, null, ("X-API-Key", FakeGrid.ApiKeySecret), ("User-Agent", "curl/8"));
        await server.GetAsync("/api/keys");
        await server.GetAsync("/api/nothing/here", token);
        await server.SendAsync(HttpMethod.Delete, "/api/auth/me", token: token);
        await server.SendAsync(new HttpMethod("INVENTED"), "/api/auth/me", token: token);
        await server.SendAsync(HttpMethod.Head, "/api/fails", token: token);
        await server.GetAsync("/health/live");
        await server.GetAsync("/openapi/v1.json");
        await Until.TrueAsync(() => server.Grid.Recorded.Sum(batch => batch.Requests.Length) >= 7);

        var records = server.Grid.Recorded.SelectMany(batch => batch.Requests).ToArray();
        Assert.Equal(
            [
                ("-", "POST", "/api/auth/login", "/api/auth/login", 200),
                (FakeGrid.Email, "GET", "/api/notifications/windows/41", "/api/notifications/windows/{id}", 404),
                ("billing", "GET", "/api/websocket/stats", "/api/websocket/stats", 200),
                (FakeGrid.Email, "GET", "/api/nothing/here", "-", 404),
                (FakeGrid.Email, "DELETE", "/api/auth/me", "-", 405),
                (FakeGrid.Email, "OTHER", "/api/auth/me", "-", 405),
                (FakeGrid.Email, "HEAD", "/api/fails", "/api/fails", 500),
            ],
            records.Select(record => (record.Who, record.Method, record.Path, record.Route, record.Status)));
        Assert.Equal(("127.0.0.1", "curl/8"), (records[2].Address, records[2].UserAgent));
        Assert.All(records, record => Assert.InRange(record.At, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow));
        Assert.DoesNotContain("secret", string.Concat(records.Select(record => record.ToString())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_without_a_login_are_added_up_and_leave_room_for_those_of_callers()
    {
        var log = Log();
        await RequestAsync(log, UsageLog.MaxQueued + 100, "/api/keys", caller: null, status: 401);
        await RequestAsync(log, 3, "/api/users");
        var grid = await ReportAsync(log);

        Assert.Equal(3, grid.Recorded.Sum(batch => batch.Requests.Length));
        var sums = grid.Recorded.SelectMany(batch => batch.Anonymous).ToArray();
        Assert.Equal(UsageLog.MaxQueued + 100, sums.Sum(sum => sum.Requests));
        Assert.All(sums, sum => Assert.Equal(("192.0.2.7", "GET", "-", 401), (sum.Address, sum.Method, sum.Route, sum.Status)));
        Assert.InRange(sums.Length, 1, 2);
    }

    [Fact]
    public async Task Requests_without_a_login_are_listed_as_sums()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();

        Assert.Equal(
            """
            {"sums":[{"minute":"1970-01-01T00:00:00Z","address":"192.0.2.7","method":"GET","route":"/api/keys","status":401,
            "requests":1000,"avg_ms":2,"max_ms":9}],"total":309,"page":3,"limit":9}
            """.ReplaceLineEndings(""),
            (await server.GetAsync("/api/usage/anonymous?page=3&limit=9", token)).Data.GetRawText());
        Assert.Equal(["limit", "page"], (await server.GetAsync("/api/usage/anonymous?page=0&limit=501", token)).FaultyFields);
    }

    [Fact]
    public async Task A_batch_that_is_not_answered_is_sent_again_as_it_was_and_nothing_is_lost()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await Until.TrueAsync(() => server.Grid.Recorded.Count == 1);
        server.Grid.RecordFault = new StorageUnavailableException();
        await server.GetAsync("/api/keys", token);
        await Until.TrueAsync(() => server.Grid.Recorded.Count >= 3);
        await server.GetAsync("/api/users", token);
        server.Grid.RecordFault = null;
        await Until.TrueAsync(() => server.Grid.Recorded[^1].Requests[0].Path == "/api/users");

        Assert.All(server.Grid.Recorded.Skip(1).SkipLast(1), batch => Assert.Same(server.Grid.Recorded[1], batch));
        Assert.Equal((2, 3), (server.Grid.Recorded[1].Sequence, server.Grid.Recorded[^1].Sequence));
    }

    [Fact]
    public async Task A_batch_that_can_never_be_stored_does_not_hold_up_those_behind_it()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await Until.TrueAsync(() => server.Grid.Recorded.Count == 1);
        server.Grid.RecordFault = new InvalidOperationException();
        await server.GetAsync("/api/keys", token);
        await Until.TrueAsync(() => server.Grid.Recorded.Count == 2);
        server.Grid.RecordFault = null;
        await server.GetAsync("/api/users", token);
        await Until.TrueAsync(() => server.Grid.Recorded.Count == 3);
        Assert.Equal("/api/users", Assert.Single(server.Grid.Recorded[2].Requests).Path);
    }

    [Fact]
    public async Task Beyond_the_bound_requests_are_answered_and_not_recorded()
    {
        var log = Log();
        await RequestAsync(log, UsageLog.MaxQueued + 100, "/api/keys");
        var grid = await ReportAsync(log);

        Assert.Equal(UsageLog.MaxQueued, grid.Recorded.Sum(batch => batch.Requests.Length));
        Assert.All(grid.Recorded, batch => Assert.Equal(500, batch.Requests.Length));
    }

    [Fact]
    public async Task What_a_caller_sends_is_cut_to_what_can_be_stored()
    {
        var log = Log();
        await RequestAsync(log, 1, "/api/" + new string('a', 506) + "😀tail", "agent\0" + new string('b', 500));
        var grid = await ReportAsync(log);

        var record = Assert.Single(Assert.Single(grid.Recorded).Requests);
        Assert.Equal("/api/" + new string('a', 506), record.Path);
        Assert.Equal("agent\uFFFD" + new string('b', 250), record.UserAgent);
    }

    [Fact]
    public async Task Recording_can_be_switched_off()
    {
        var log = Log(record: false);
        await RequestAsync(log, 3, "/api/keys");
        var grid = await ReportAsync(log);
        Assert.Empty(grid.Recorded);
    }

    [Fact]
    public async Task Records_are_listed_by_what_they_are_asked_for()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();

        var answer = await server.GetAsync(
            "/api/usage/requests?from=2026-01-22T00:00:00Z&to=2026-01-22T08:00:00+08:00&method=get&path=/api/&status=4xx"
            + "&who=billing&search=x&page=3&limit=9",
            token);
        var midnight = new DateTimeOffset(2026, 1, 22, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(
            new ApiRequestQuery(midnight, midnight, "GET", "/api/", 400, 499, "billing", "x", 3, 9),
            server.Grid.LastRequestQuery);
        Assert.Equal(
            """
            {"requests":[{"id":9,"at":"1970-01-01T00:00:00Z","who":"billing","method":"GET","path":"/api/keys",
            "route":"/api/keys","status":403,"duration_ms":1.234,"address":"127.0.0.1","user_agent":"curl"}],"total":1,
            "page":3,"limit":9}
            """.ReplaceLineEndings(""),
            answer.Data.GetRawText());

        await server.GetAsync("/api/usage/requests?status=404", token);
        Assert.Equal(new ApiRequestQuery(null, null, null, null, 404, 404, null, null, 1, 50), server.Grid.LastRequestQuery);
        var faulty = await server.GetAsync(
            "/api/usage/requests?from=yesterday&to=2026-01-22&status=6xx&page=0&limit=501&who=%00", token);
        Assert.Equal(["from", "limit", "page", "status", "to", "who"], faulty.FaultyFields);
    }

    [Fact]
    public async Task The_summary_counts_days_and_endpoints()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();

        Assert.Equal(
            """
            {"per_day":[{"date":"2026-01-22","requests":7,"errors":1,"avg_ms":2}],
            "per_endpoint":[{"method":"GET","route":"/api/keys","requests":3,"errors":1,"avg_ms":1.5,"max_ms":1000}]}
            """.ReplaceLineEndings(""),
            (await server.GetAsync("/api/usage/summary", token)).Data.GetRawText());
        var days = (await server.GetAsync("/api/usage/summary?days=90", token)).Data.GetProperty("per_day");
        Assert.Equal(90, days[0].GetProperty("requests").GetInt32());
        Assert.Equal(["days"], (await server.GetAsync("/api/usage/summary?days=91", token)).FaultyFields);
    }

    private static UsageLog Log(bool record = true) =>
        new(Options.Create(new GatewayOptions { RecordRequests = record }), TimeProvider.System);

    /// <summary>Reports what the log holds, as a gateway does when it stops.</summary>
    private static async Task<FakeGrid> ReportAsync(UsageLog log)
    {
        var grid = new FakeGrid();
        using var reporter = new UsageReporter(
            grid.Factory(), new GatewayNode(), log, TimeProvider.System, NullLogger<UsageReporter>.Instance);
        await reporter.StopAsync(Cancellation);
        return grid;
    }

    private static async Task RequestAsync(
        UsageLog log, int times, string path, string userAgent = "", string? caller = "ann@example.com", int status = 200)
    {
        var context = new DefaultHttpContext { Request = { Method = "GET", Path = path }, Response = { StatusCode = status } };
        context.Connection.RemoteIpAddress = IPAddress.Parse("192.0.2.7");
        if (caller is not null) context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim("email", caller)], "test"));
        context.Request.Headers.UserAgent = userAgent;
        for (var i = 0; i < times; i++) await log.RecordAsync(context, _ => Task.CompletedTask);
    }
}
