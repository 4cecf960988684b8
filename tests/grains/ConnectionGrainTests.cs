using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Sessions;

namespace NotifyHub.GrainTests;

public class ConnectionGrainTests
{
    [Fact]
    public async Task Only_a_complete_report_is_taken_from_an_unknown_gateway()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var gateway = cluster.Gateway();

        Assert.Equal(new LeaseAnswer(Unknown: true), await gateway.ReportAsync([Open("a")], sent: 7));
        Assert.Equal(new LeaseAnswer(Unknown: false), await gateway.ReportAsync([Open("b")], complete: true, sent: 1));

        var stats = await cluster.Stats.StatsAsync();
        Assert.Equal((1, 1, 1), (stats.Total, stats.Active, stats.Sent));
    }

    [Fact]
    public async Task A_report_whose_answer_was_lost_is_counted_once_also_by_another_activation()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var gateway = cluster.Gateway();
        var first = gateway.Next([Open("a"), Open("b")], complete: true, sent: 10, received: 4);
        var second = gateway.Next([Open("c")], [Close("a")], sent: 5);

        await gateway.Connections.ReportAsync(first);
        await gateway.Connections.ReportAsync(first);
        await gateway.Connections.ReportAsync(second);
        await cluster.Orleans.DeactivateAsync(gateway.Connections);
        var answer = await gateway.Connections.ReportAsync(second);

        Assert.False(answer.Unknown);
        var stats = await cluster.Stats.StatsAsync();
        Assert.Equal((3, 2, 15, 4), (stats.Total, stats.Active, stats.Sent, stats.Received));
    }

    [Fact]
    public async Task A_grain_that_moved_goes_on_without_a_complete_report()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var gateway = cluster.Gateway();
        await gateway.ReportAsync([Open("a")], complete: true);
        await gateway.ReportAsync();
        await cluster.Orleans.DeactivateAsync(gateway.Connections);

        Assert.False((await gateway.ReportAsync([Open("b")])).Unknown);
        Assert.Equal(2, (await cluster.Stats.StatsAsync()).Active);
    }

    [Fact]
    public async Task A_complete_report_ends_the_sessions_that_it_does_not_name()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var gateway = cluster.Gateway();
        await gateway.ReportAsync([Open("a"), Open("b")], complete: true);

        await gateway.ReportAsync([Open("b"), Open("c")], complete: true);

        var page = await cluster.Stats.ConnectionsAsync(new SessionQuery(null, 1, 50));
        Assert.Equal(
            [("c", SessionStatus.Connected), ("b", SessionStatus.Connected), ("a", SessionStatus.Disconnected)],
            page.Sessions.Select(session => (session.Opened.ConnectionId, session.Status)));
    }

    [Fact]
    public async Task A_complete_report_in_parts_survives_grain_moves_and_repeated_parts()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var gateway = cluster.Gateway();
        await gateway.ReportAsync([Open("a"), Open("b"), Open("c")], complete: true, sent: 1);
        var first = gateway.Next([Open("a")], complete: true, sent: 2) with { UpTo = "a" };
        var second = gateway.Next([Open("c"), Open("d")], complete: true, sent: 4) with { After = "a" };

        Assert.False((await gateway.Connections.ReportAsync(first)).Unknown);
        await cluster.Orleans.DeactivateAsync(gateway.Connections);
        Assert.False((await gateway.Connections.ReportAsync(first)).Unknown);
        Assert.False((await gateway.Connections.ReportAsync(second)).Unknown);
        Assert.False((await gateway.Connections.ReportAsync(second)).Unknown);

        var page = await cluster.Stats.ConnectionsAsync(new SessionQuery(SessionStatus.Connected, 1, 50));
        Assert.Equal(["d", "c", "a"], page.Sessions.Select(session => session.Opened.ConnectionId));
        Assert.Equal((4, 7), await cluster.Stats.StatsAsync() is var stats ? (stats.Total, stats.Sent) : default);
    }

    [Fact]
    public async Task An_expired_lease_closes_the_sessions_as_errors()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var gateway = cluster.Gateway();
        await gateway.ReportAsync([Open("a"), Open("b")], complete: true);

        await Until.TrueAsync(async () => (await cluster.Stats.StatsAsync()).Active == 0);

        var stats = await cluster.Stats.StatsAsync();
        Assert.Equal((2, 2), (stats.Total, stats.Errors));
        Assert.All(stats.RecentErrors, session => Assert.Equal("gateway lost", session.Counters.LastError));
        Assert.True((await gateway.ReportAsync()).Unknown);
    }

    [Fact]
    public async Task A_gateway_that_was_given_up_but_lives_gets_its_sessions_back()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var gateway = cluster.Gateway();
        await gateway.ReportAsync([Open("a"), Open("b")], complete: true);
        await Until.TrueAsync(async () => (await cluster.Stats.StatsAsync()).Active == 0);

        await gateway.ReportAsync([Open("a")], complete: true);

        await Until.TrueAsync(async () => (await cluster.Stats.StatsAsync()).Active == 1);
        var stats = await cluster.Stats.StatsAsync();
        Assert.Equal((2, 1, 1), (stats.Total, stats.Active, stats.Errors));
    }

    [Fact]
    public async Task A_gateway_that_unregisters_leaves_the_nodes()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var gateway = cluster.Gateway();
        await gateway.ReportAsync([Open("a")], complete: true);
        await gateway.ReportAsync(closed: [Close("a")]);
        await Until.TrueAsync(async () =>
            (await cluster.Stats.StatusAsync()).Nodes is [{ Report: var node }] && node.Id == gateway.Id);

        await gateway.Connections.ReleaseAsync();

        Assert.Empty((await cluster.Stats.StatusAsync()).Nodes);
        await Until.TrueAsync(async () => (await cluster.Stats.StatsAsync()) is { Active: 0, Errors: 0, Total: 1 });
    }

    [Fact]
    public async Task Sessions_of_gateways_that_died_with_all_silos_are_ended()
    {
        var folder = Directory.CreateTempSubdirectory("notifyhub-grains-");
        var storage = $"Data Source={Path.Combine(folder.FullName, "grains.db")}";
        await using (var before = await GrainCluster.StartAsync(storage))
            await before.Gateway("gw-dead").ReportAsync([Open("a")], complete: true);

        await using (var after = await GrainCluster.StartAsync(storage))
        {
            await Until.TrueAsync(async () => (await after.Stats.StatsAsync()).Active == 0);
            Assert.Equal(1, (await after.Stats.StatsAsync()).Errors);
        }

        folder.Delete(recursive: true);
    }
}
