using Dapper;
using NotifyHub.Grains.Service;
using NotifyHub.TestKit;
using Npgsql;

namespace NotifyHub.GrainTests;

public sealed class SlowStorageTests(PostgresServer server)
{
    [Fact]
    public async Task Statistics_that_time_out_are_logged_when_it_begins()
    {
        var storage = await server.CreateDatabaseAsync();
        using var log = new LogLines<StatsGrain>();
        await using var cluster = await GrainCluster.StartAsync(storage, log: log);
        Assert.Null((await cluster.Stats.StatusAsync()).StorageError);

        await using (var other = new NpgsqlConnection(storage))
        {
            await other.OpenAsync(TestContext.Current.CancellationToken);
            await using var transaction = await other.BeginTransactionAsync(TestContext.Current.CancellationToken);
            await other.ExecuteAsync("LOCK TABLE session_day IN ACCESS EXCLUSIVE MODE", null, transaction);
            await Until.TrueAsync(async () => (await cluster.Stats.StatusAsync()).StorageError is not null);
            await cluster.Stats.RefreshAsync();
            Assert.NotNull((await cluster.Stats.StatusAsync()).StorageError);
        }

        await Until.TrueAsync(async () => (await cluster.Stats.StatusAsync()).StorageError is null);
        Assert.StartsWith(
            "Warning: The storage did not return the grid's totals within 2 s;",
            Assert.Single(log.All),
            StringComparison.Ordinal);
    }
}
