using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Sessions;

namespace NotifyHub.GrainTests;

public class StatsGrainTests
{
    [Fact]
    public async Task The_week_the_average_and_the_totals_follow_from_the_reports()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var gateway = cluster.Gateway();
        var noon = new DateTimeOffset(DateTimeOffset.UtcNow.Date.AddHours(12), TimeSpan.Zero);
        var twoDaysAgo = noon.AddDays(-2);
        await gateway.ReportAsync(
            [Open("old", noon.AddDays(-30)), Open("a", twoDaysAgo), Open("b", twoDaysAgo), Open("c", noon)],
            [
                Close("old", noon.AddDays(-30).AddMinutes(4)),
                Close("a", twoDaysAgo.AddMinutes(2), abnormal: true, reason: "reset"),
                Close("b", twoDaysAgo.AddMinutes(3), errors: 2, lastError: "bad JSON"),
            ],
            complete: true,
            sent: 12,
            received: 8);

        var stats = await cluster.Stats.StatsAsync();

        Assert.Equal((4, 1, 2, 1), (stats.Total, stats.Active, stats.Errors, stats.Today));
        Assert.Equal((12, 8, 3.0), (stats.Sent, stats.Received, stats.AverageMinutes));
        Assert.Equal(
            Enumerable.Range(-6, 7).Select(day => noon.AddDays(day).ToString("yyyy-MM-dd")), stats.Days.Select(day => day.Date));
        Assert.Equal(new DayStats(twoDaysAgo.ToString("yyyy-MM-dd"), 2, 0, 2), stats.Days[4]);
        Assert.Equal(new DayStats(noon.ToString("yyyy-MM-dd"), 1, 1, 0), stats.Days[6]);
        Assert.Equal(
            [("b", 2, "bad JSON"), ("a", 0, "reset")],
            stats.RecentErrors.Select(each => (each.Opened.ConnectionId, each.Counters.Errors, each.Counters.LastError)));
    }

    [Fact]
    public async Task The_status_names_the_nodes_and_counts_the_grid()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (one, two) = (cluster.Gateway("gw-1"), cluster.Gateway("gw-2"));
        var at = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        await one.ReportAsync([Open("a", at)], complete: true);
        await two.ReportAsync([Open("b", at), Open("c", at)], complete: true);
        await Until.TrueAsync(async () => (await cluster.Stats.StatusAsync()).TotalConnections == 3);

        var status = await cluster.Stats.StatusAsync();

        Assert.Equal((3, at, null), (status.ActiveConnections, status.LastConnectionAt, status.StorageError));
        Assert.Equal(["gw-1", "gw-2"], status.Nodes.Select(node => node.Report.Id));
        Assert.Equal([1, 2], status.Nodes.Select(node => node.Report.Connections));
    }

    [Fact]
    public async Task A_node_that_falls_silent_leaves_the_list()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Stats.ReportAsync(cluster.Gateway("gw-1").Node());
        Assert.Single((await cluster.Stats.StatusAsync()).Nodes);

        await Until.TrueAsync(async () => (await cluster.Stats.StatusAsync()).Nodes.Length == 0);
    }

    [Fact]
    public async Task Pages_are_newest_first_with_fresh_counters_of_open_sessions()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (good, bad) = (cluster.Gateway(), cluster.Gateway());
        await good.ReportAsync([Open("a"), Open("b")], [Close("a")], complete: true);
        await bad.ReportAsync([Open("c")], complete: true);
        good.Live["b"] = Counters("b", 42);
        bad.Fails = true;

        var first = await cluster.Stats.ConnectionsAsync(new SessionQuery(null, 1, 2));
        var second = await cluster.Stats.ConnectionsAsync(new SessionQuery(null, 2, 2));
        var connected = await cluster.Stats.ConnectionsAsync(new SessionQuery(SessionStatus.Connected, 1, 50));

        Assert.Equal([("c", 0L), ("b", 42L)], first.Sessions.Select(each => (each.Opened.ConnectionId, each.Counters.Sent)));
        Assert.Equal([("a", 3L)], second.Sessions.Select(each => (each.Opened.ConnectionId, each.Counters.Sent)));
        Assert.Equal((3, 3, 2), (first.Total, second.Total, connected.Total));
        Assert.Equal(["c", "b"], connected.Sessions.Select(each => each.Opened.ConnectionId));
    }

    [Fact]
    public async Task Closing_a_connection_reaches_its_gateway_and_no_other()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (one, two) = (cluster.Gateway(), cluster.Gateway());
        await one.ReportAsync([Open("a")], complete: true);
        await two.ReportAsync([Open("b"), Open("c")], [Close("c")], complete: true);

        Assert.True(await cluster.Stats.CloseConnectionAsync("b"));
        Assert.False(await cluster.Stats.CloseConnectionAsync("c"));
        Assert.False(await cluster.Stats.CloseConnectionAsync("nobody"));
        Assert.False(await cluster.Stats.CloseConnectionAsync("\0"));

        Assert.Empty(one.Closed);
        Assert.Equal(["b"], two.Closed);
    }

    [Fact]
    public async Task Closing_waits_for_the_first_report_to_a_grain_that_moved()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var gateway = cluster.Gateway();
        await gateway.ReportAsync([Open("a")], complete: true);
        await cluster.Orleans.DeactivateAsync(gateway.Connections);

        var close = cluster.Stats.CloseConnectionAsync("a");
        await gateway.ReportAsync();

        Assert.True(await close);
        Assert.Equal(["a"], gateway.Closed);
    }
}
