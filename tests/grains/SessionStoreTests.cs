using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Connections;
using NotifyHub.Grains.Storage;
using NotifyHub.Grains.Usage;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Sessions;

namespace NotifyHub.GrainTests;

public sealed class SqliteSessionStoreTests() : SessionStoreTests(null);

public sealed class PostgresSessionStoreTests(PostgresServer server) : SessionStoreTests(server);

public abstract class SessionStoreTests(PostgresServer? server) : StoreTest(server)
{
    private const string Gateway = "gw";

    private SessionStore Store => field ??= new SessionStore(Database, Positions, Settings, Clock);

    private SessionQueries Queries => field ??= new SessionQueries(Database, Settings, Clock);

    private DateTimeOffset Now => Clock.GetUtcNow();

    [Fact]
    public async Task A_number_is_taken_once_and_by_a_known_gateway_only()
    {
        Assert.Equal(ReportOutcome.Unknown, await TakeAsync(1, opened: [Open("a", Now)]));
        Assert.Equal(ReportOutcome.Taken, await TakeAsync(1, opened: [Open("a", Now)], complete: true, sent: 5));
        Assert.Equal(ReportOutcome.AlreadyTaken, await TakeAsync(1, opened: [Open("b", Now)], complete: true, sent: 5));
        Assert.Equal(ReportOutcome.Taken, await TakeAsync(3, closed: [Close("a", Now)], sent: 1));
        Assert.Equal(ReportOutcome.AlreadyTaken, await TakeAsync(2, opened: [Open("c", Now)]));
        Assert.Equal(ReportOutcome.Unknown, await TakeAsync(4, gateway: "other"));

        var stats = await Queries.StatsAsync(Cancellation);
        Assert.Equal((1, 0, 6), (stats.Total, stats.Active, stats.Sent));
    }

    [Fact]
    public async Task Two_silos_that_take_the_same_report_at_once_count_it_once()
    {
        await TakeAsync(1, complete: true);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => TakeAsync(2, opened: [Open("a", Now)], sent: 1)));

        Assert.Single(outcomes, ReportOutcome.Taken);
        Assert.Equal(7, outcomes.Count(outcome => outcome == ReportOutcome.AlreadyTaken));
        Assert.Equal((1, 1), await CountAsync());
    }

    [Fact]
    public async Task Gateways_that_report_at_once_all_count()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(gateway => TakeAsync(
            1, $"gw{gateway}", complete: true, opened: [Open($"a{gateway}", Now), Open($"b{gateway}", Now.AddDays(-1))])));

        Assert.All(outcomes, outcome => Assert.Equal(ReportOutcome.Taken, outcome));
        Assert.Equal((40, 40), await CountAsync());
    }

    [Fact]
    public async Task A_storm_of_10000_sessions_is_one_report()
    {
        var storm = Enumerable.Range(0, 10_000).Select(number => Open($"c{number}", Now.AddMilliseconds(number))).ToArray();

        await TakeAsync(1, opened: storm, complete: true);
        Assert.Equal((10_000, 10_000), await CountAsync());
        var newest = await Queries.PageAsync(new SessionQuery(null, 1, 2), Cancellation);
        Assert.Equal(["c9999", "c9998"], newest.Sessions.Select(session => session.Opened.ConnectionId));

        await TakeAsync(2, closed: [.. storm[..9_000].Select(each => Close(each.ConnectionId, Now.AddMinutes(1)))]);
        await TakeAsync(3, opened: storm[9_500..], complete: true);
        Assert.Equal((10_000, 500), await CountAsync());
        Assert.Equal(500, await Store.EndAsync(Gateway, "gateway lost", Cancellation));
        Assert.Equal((10_000, 0), await CountAsync());
    }

    [Fact]
    public async Task Each_part_of_a_complete_report_ends_only_unnamed_sessions_of_its_range()
    {
        await TakeAsync(
            1,
            opened: [Open("a", Now), Open("B", Now), Open("c", Now), Open("d", Now), Open("e", Now)],
            complete: true);
        await TakeAsync(1, "other", opened: [Open("b", Now)], complete: true);

        // In the order of the bytes: B comes before a.
        Assert.Equal(ReportOutcome.Taken, await TakeAsync(2, opened: [Open("B", Now)], complete: true, upTo: "a"));
        Assert.Equal(["B", "b", "c", "d", "e"], await ConnectedAsync());
        // The report may stop here: no session that is open was taken for closed. Sent again, a part changes nothing.
        Assert.Equal(ReportOutcome.AlreadyTaken, await TakeAsync(2, opened: [Open("B", Now)], complete: true, upTo: "a"));
        Assert.Equal(ReportOutcome.Taken, await TakeAsync(
            3,
            opened: [Open("c", Now), Open("cc", Now)],
            closed: [Close("c", Now.AddMinutes(1))],
            complete: true,
            after: "a",
            upTo: "d"));
        Assert.Equal(["B", "b", "cc", "e"], await ConnectedAsync());
        Assert.Equal(ReportOutcome.Taken, await TakeAsync(4, opened: [Open("x", Now)], complete: true, after: "d"));

        Assert.Equal(["B", "b", "cc", "x"], await ConnectedAsync());
        Assert.Equal((8, 4), await CountAsync());
        await TotalsAreTrueAsync();
    }

    [Fact]
    public async Task A_complete_report_repairs_an_interrupted_one()
    {
        await TakeAsync(1, opened: [.. "abcdef".Select(id => Open($"{id}", Now))], complete: true);
        Clock.Advance(TimeSpan.FromMinutes(1));
        await Store.EndAsync(Gateway, "gateway lost", Cancellation);
        Assert.Equal(ReportOutcome.Unknown, await TakeAsync(2, opened: [Open("d", Now)], complete: true, after: "c"));
        Assert.Equal(
            ReportOutcome.Taken,
            await TakeAsync(3, opened: [Open("a", Now), Open("b", Now)], complete: true, upTo: "b"));
        Assert.Equal(["a", "b"], await ConnectedAsync());

        // The lease ends between two parts: what the first one said is undone, and the second is refused.
        await Store.EndAsync(Gateway, "gateway lost", Cancellation);
        Assert.Equal(ReportOutcome.Unknown, await TakeAsync(4, opened: [Open("d", Now)], complete: true, after: "b"));
        Assert.Equal(
            ReportOutcome.Taken,
            await TakeAsync(5, opened: [Open("a", Now), Open("c", Now)], complete: true, upTo: "c"));
        Assert.Equal(ReportOutcome.Taken, await TakeAsync(6, opened: [Open("d", Now)], complete: true, after: "c"));

        Assert.Equal(["a", "c", "d"], await ConnectedAsync());
        Assert.Equal((6, 3), await CountAsync());
        Assert.Equal(3, (await Queries.StatsAsync(Cancellation)).Errors);
        await TotalsAreTrueAsync();
    }

    [Fact]
    public async Task The_total_of_every_list_is_the_number_of_rows()
    {
        await TotalsAreTrueAsync();
        await TakeAsync(
            1,
            opened: [.. Enumerable.Range(0, 60).Select(number => Open($"s{number:00}", Now.AddDays(-number)))],
            closed:
            [
                .. Enumerable.Range(0, 30)
                    .Select(number => Close($"s{number:00}", Now.AddDays(-number), abnormal: number % 3 == 0)),
            ],
            complete: true);
        await TotalsAreTrueAsync();

        await Store.SweepAsync(Now.AddDays(-20), Cancellation);
        await TotalsAreTrueAsync();
        await Store.EndAsync(Gateway, "gateway lost", Cancellation);
        await TotalsAreTrueAsync();
        await TakeAsync(
            2, opened: [Open("s40", Now.AddDays(-40)), Open("s05", Now.AddDays(-5)), Open("new", Now)], complete: true);
        await TotalsAreTrueAsync();
        await TakeAsync(3, closed: [Close("s40", Now)]);
        Clock.Advance(TimeSpan.FromDays(1));
        await Store.SweepAsync(Now, Cancellation);
        await TotalsAreTrueAsync();

        Assert.Equal(["new", "s05"], await ConnectedAsync());
        // A silo of an earlier version, or an operator, deletes without telling.
        await Database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(
                "DELETE FROM session WHERE status <> 'connected'", null, transaction),
            Cancellation);
        await TotalsAreTrueAsync();
    }

    [Fact]
    public async Task A_page_after_the_last_is_empty_with_the_total()
    {
        await TakeAsync(1, opened: [Open("a", Now), Open("b", Now)], complete: true);

        var page = await Queries.PageAsync(new SessionQuery(null, 2, 2), Cancellation);

        Assert.Equal((0, 2), (page.Sessions.Length, page.Total));
    }

    [Fact]
    public async Task A_session_is_closed_once_and_by_its_own_gateway_only()
    {
        await TakeAsync(1, opened: [Open("a", Now)], complete: true);
        await TakeAsync(1, "other", closed: [Close("a", Now)], complete: true);
        Assert.Equal((1, 1), await CountAsync());

        await TakeAsync(2, closed: [Close("a", Now.AddMinutes(2)), Close("never opened", Now)]);
        await TakeAsync(3, closed: [Close("a", Now.AddMinutes(9), abnormal: true)]);

        var stats = await Queries.StatsAsync(Cancellation);
        Assert.Equal((1, 0, 0, 2.0), (stats.Total, stats.Active, stats.Errors, stats.AverageMinutes));
    }

    [Fact]
    public async Task Every_field_comes_back_and_hostile_texts_do_no_harm()
    {
        var ping = Now.AddSeconds(3);
        var opened = new SessionOpened(
            "c1", "2001:db8::1", "'; DROP TABLE session; -- \0 客戶端 \ud83d", "notifyhub.v1", Now, "4|2");
        var counters = new LiveCounters("c1", long.MaxValue, 7, 2, new string('x', 5_000), ping);

        await TakeAsync(
            1, opened: [opened], closed: [new SessionClosed(counters, Now.AddSeconds(9), false, "bye")], complete: true);

        var session = Assert.Single((await Queries.PageAsync(new SessionQuery(null, 1, 10), Cancellation)).Sessions);
        Assert.Equal(opened with { UserAgent = "'; DROP TABLE session; --  客戶端 \ufffd" }, session.Opened);
        Assert.Equal(
            (Gateway, SessionStatus.Error, Now.AddSeconds(9)), (session.GatewayId, session.Status, session.DisconnectedAt));
        Assert.Equal(counters with { LastError = new string('x', 512) }, session.Counters);
    }

    [Fact]
    public async Task A_session_that_closed_before_it_opened_lasted_no_time()
    {
        await TakeAsync(1, opened: [Open("a", Now)], closed: [Close("a", Now.AddMinutes(-5))], complete: true);

        Assert.Equal(0, (await Queries.StatsAsync(Cancellation)).AverageMinutes);
    }

    [Fact]
    public async Task The_day_begins_at_midnight_of_the_servers_zone()
    {
        // 16:00 UTC is midnight in Taipei.
        var midnight = new DateTimeOffset(2026, 3, 9, 16, 0, 0, TimeSpan.Zero);
        await TakeAsync(1, opened: [Open("before", midnight.AddMilliseconds(-1)), Open("after", midnight)], complete: true);

        var stats = await Queries.StatsAsync(Cancellation);

        Assert.Equal(1, stats.Today);
        Assert.Equal([new("2026-03-09", 1, 1, 0), new("2026-03-10", 1, 1, 0)], stats.Days[^2..]);
    }

    [Fact]
    public async Task A_returning_gateway_reopens_live_sessions_and_leaves_the_rest_as_errors()
    {
        await TakeAsync(1, opened: [Open("a", Now), Open("b", Now)], complete: true);
        Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(2, await Store.EndAsync(Gateway, "gateway lost", Cancellation));
        Assert.Equal(0, await Store.EndAsync(Gateway, "gateway lost", Cancellation));
        Assert.Empty(await Positions.LeasedGatewaysAsync(Cancellation));

        Assert.Equal(ReportOutcome.Unknown, await TakeAsync(2));
        Assert.Equal(ReportOutcome.Taken, await TakeAsync(2, opened: [Open("a", Now)], complete: true));

        var stats = await Queries.StatsAsync(Cancellation);
        Assert.Equal((2, 1, 1, 10.0), (stats.Total, stats.Active, stats.Errors, stats.AverageMinutes));
        Assert.Equal(["b"], stats.RecentErrors.Select(session => session.Opened.ConnectionId));
        Assert.Equal([Gateway], await Positions.LeasedGatewaysAsync(Cancellation));
        Assert.Equal(Gateway, await Queries.FindGatewayAsync("a", Cancellation));
        Assert.Null(await Queries.FindGatewayAsync("b", Cancellation));
    }

    [Fact]
    public async Task Retention_takes_old_rows_and_leaves_totals_and_the_living()
    {
        await TakeAsync(
            1,
            opened:
            [
                .. Enumerable.Range(0, 1_201).Select(number => Open($"old{number}", Now.AddDays(-40))),
                Open("living", Now.AddDays(-40)),
            ],
            closed: [.. Enumerable.Range(0, 1_201).Select(number => Close($"old{number}", Now.AddDays(-31)))],
            complete: true);

        Assert.Equal(1_201, await Store.SweepAsync(Now.AddDays(-30), Cancellation));

        Assert.Equal((1_202, 1), await CountAsync());
        var page = await Queries.PageAsync(new SessionQuery(null, 1, 10), Cancellation);
        Assert.Equal((1, "living"), (page.Total, Assert.Single(page.Sessions).Opened.ConnectionId));
    }

    [Fact]
    public async Task Positions_of_dead_gateways_are_swept_and_those_of_a_running_lease_stay()
    {
        await TakeAsync(1, "dead", complete: true);
        await TakeAsync(1, complete: true);
        await Store.EndAsync("dead", "gateway lost", Cancellation);
        var usage = new UsageGrain(Database, Positions, Settings, Clock);
        await usage.RecordAsync(new ApiRequestBatch("dead", 1, [], []));
        Clock.Advance(TimeSpan.FromMinutes(1));
        await usage.RecordAsync(new ApiRequestBatch(Gateway, 1, [], []));
        await Positions.SweepAsync(Now - TimeSpan.FromMinutes(2), Cancellation);
        Assert.Equal(["dead sessions", "dead usage", "gw sessions", "gw usage"], await PositionsAsync());

        await Positions.SweepAsync(Now, Cancellation);
        Assert.Equal(["gw sessions", "gw usage"], await PositionsAsync());

        async Task<string[]> PositionsAsync() => [.. await Database.ReadAsync(
            connection => connection.QueryAsync<string>(
                "SELECT gateway_id || ' ' || kind FROM report_position ORDER BY 1"),
            Cancellation)];
    }

    [Fact]
    public async Task A_report_that_fails_half_way_leaves_nothing_behind()
    {
        await TakeAsync(1, complete: true);
        await Database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync("DROP TABLE session_day", null, transaction), Cancellation);

        await Assert.ThrowsAsync<StorageBrokenException>(() => TakeAsync(2, opened: [Open("a", Now)]));

        Assert.Equal(0, await Database.ReadAsync(
            connection => connection.ExecuteScalarAsync<long>("SELECT count(*) FROM session"), Cancellation));
        Assert.Equal(1, await Database.ReadAsync(
            connection => connection.ExecuteScalarAsync<long>("SELECT number FROM report_position"), Cancellation));
    }

    private Task<ReportOutcome> TakeAsync(
        long sequence,
        string gateway = Gateway,
        SessionOpened[]? opened = null,
        SessionClosed[]? closed = null,
        bool complete = false,
        long sent = 0,
        string? after = null,
        string? upTo = null) =>
        // Storage neither reads the observer nor the node.
        Store.TakeAsync(
            gateway,
            new SessionReport(sequence, null!, null!, complete, opened ?? [], closed ?? [], sent, 0, after, upTo),
            Cancellation);

    /// <summary>In the order of the bytes.</summary>
    private async Task<string[]> ConnectedAsync() =>
        [.. (await Queries.PageAsync(new SessionQuery(SessionStatus.Connected, 1, 500), Cancellation)).Sessions
            .Select(session => session.Opened.ConnectionId).Order(StringComparer.Ordinal)];

    private async Task TotalsAreTrueAsync()
    {
        foreach (var status in new[] { null, SessionStatus.Connected, SessionStatus.Disconnected, SessionStatus.Error })
        {
            var rows = await Database.ReadAsync(
                connection => connection.ExecuteScalarAsync<long>(
                    status is null ? "SELECT count(*) FROM session" : "SELECT count(*) FROM session WHERE status = @status",
                    new { status }),
                Cancellation);
            var total = (await Queries.PageAsync(new SessionQuery(status, 1, 1), Cancellation)).Total;
            Assert.True(rows == total, $"{status ?? "all"}: {total} told, {rows} stored");
        }
    }

    private async Task<(long Total, long Active)> CountAsync()
    {
        var totals = await Queries.TotalsAsync(Cancellation);
        return (totals.Total, totals.Active);
    }
}
