using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Sessions;

namespace NotifyHub.GrainTests;

public sealed class OutageTests : IAsyncLifetime
{
    private readonly PostgresServer _server = new();

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_report_is_refused_during_an_outage_and_counted_once_after_it()
    {
        await using var cluster = await GrainCluster.StartAsync(await _server.CreateDatabaseAsync());
        var gateway = cluster.Gateway();
        await gateway.ReportAsync([Open("a")], complete: true);
        await gateway.SubscribeAsync(cluster.Service);
        await Until.TrueAsync(async () => (await cluster.Stats.StatusAsync()) is { TotalConnections: 1, Nodes.Length: 1 });
        await _server.StopAsync();

        var report = gateway.Next([Open("b"), Open("c")], sent: 3);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => gateway.Connections.ReportAsync(report));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => cluster.Service.SetAsync(ServiceCommand.Stop));
        Assert.True((await cluster.Service.GetAsync()).Running);
        GridStatus status = null!;
        await Until.TrueAsync(async () => (status = await cluster.Stats.StatusAsync()).StorageError is not null);
        // The total as it was last read, and the clients that the nodes say they have.
        Assert.Equal((2, 1), (status.ActiveConnections, status.TotalConnections));

        await _server.StartAsync();
        await Until.TrueAsync(async () => await TakenAsync(gateway, report));
        Assert.True(await TakenAsync(gateway, report));

        await Until.TrueAsync(async () => (await cluster.Stats.StatusAsync()).StorageError is null);
        var stats = await cluster.Stats.StatsAsync();
        Assert.Equal((3, 3, 3), (stats.Total, stats.Active, stats.Sent));
        Assert.True((await cluster.Service.SetAsync(ServiceCommand.Stop)).Changed);
    }

    private static async Task<bool> TakenAsync(FakeGateway gateway, SessionReport report)
    {
        try
        {
            return !(await gateway.Connections.ReportAsync(report)).Unknown;
        }
        catch (StorageUnavailableException)
        {
            return false;
        }
    }
}
