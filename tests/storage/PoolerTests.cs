using Dapper;
using NotifyHub.Grains.Broadcast;
using Npgsql;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

/// <summary>Behind a real PgBouncer.</summary>
public sealed class PoolerTests(PostgresServer server)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("session", 40)]
    [InlineData("transaction", 2)]
    public async Task The_storage_works_behind_a_pooler_and_its_commits_are_durable(string mode, int servers)
    {
        var direct = new NpgsqlConnectionStringBuilder(await server.CreateDatabaseAsync());
        await server.ExecuteAsync($"ALTER DATABASE {direct.Database} SET synchronous_commit = off");
        await using var pooler = await PgBouncer.StartAsync(mode, direct.ConnectionString, servers);
        await using var database = DatabaseFactory.Open(pooler.ConnectionString);
        await database.MigrateAsync(Cancellation);
        var store = new MessageStore(database);
        var epoch = (await store.OpenAsync("all", Cancellation)).Epoch;

        for (var first = 1; first <= 100; first += 10)
        {
            await store.AppendAsync(
                "all",
                epoch,
                [.. Enumerable.Range(first, 10).Select(offset => new Message(offset, [1], false))],
                [],
                [new PublishKey($"key-{first}", first, 10, null)],
                Cancellation);
        }

        var settings = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => database.WriteAsync(
            (connection, _) => connection.QuerySingleAsync<(string, string, string)>(
                """
                SELECT current_setting('synchronous_commit'), current_setting('idle_in_transaction_session_timeout'),
                    current_setting('lock_timeout')
                """),
            Cancellation)));
        Assert.All(settings, setting => Assert.Equal(("on", "4s", "5s"), setting));
        Assert.Equal(100, (await store.ReadAsync("all", 0, 1000, 1 << 20, Cancellation)).Length);
        var found = await new PublishKeyStore(database).FindAsync("all", ["key-91"], Cancellation);
        Assert.Equal(new PublishKey("key-91", 91, 10), found["key-91"]);
        var keys = await database.ListAsync(
            connection => connection.ExecuteScalarAsync<long>("SELECT count(*) FROM publish_key"), Cancellation);
        Assert.Equal(10, keys);
        await Assert.ThrowsAsync<FencedException>(
            () => store.AppendAsync("all", epoch, [new Message(100, [1], false)], [], [], Cancellation));
        Assert.Null(database.Health.Error);
        // Nothing of ours stays in a session that the pooler gives to others.
        await using var other = new NpgsqlConnection(pooler.ConnectionString + ";Pooling=false");
        Assert.Equal(
            ("off", "0", "0", "0"),
            await other.QuerySingleAsync<(string, string, string, string)>(
                """
                SELECT current_setting('synchronous_commit'), current_setting('idle_in_transaction_session_timeout'),
                    current_setting('lock_timeout'), current_setting('statement_timeout')
                """));
    }
}
