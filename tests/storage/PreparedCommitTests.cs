using Dapper;
using NotifyHub.Grains.Broadcast;
using Npgsql;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

/// <summary>What a pooler that gives out another connection per transaction does to prepared statements.</summary>
public sealed class PreparedCommitTests(PostgresServer server) : StorageTest(server)
{
    [Fact]
    public async Task Commits_continue_when_the_server_lost_prepared_statements()
    {
        var one = new NpgsqlConnectionStringBuilder(ConnectionString) { MaxPoolSize = 4 };
        using var log = new LogLines<Database>();
        await using var database = DatabaseFactory.Open(one.ConnectionString, log);
        var store = new MessageStore(database);
        var epoch = (await store.OpenAsync("all", Cancellation)).Epoch;
        await AppendAsync(1);
        await AppendAsync(2);
        // The settings and the commit.
        Assert.Equal(2, await PreparedAsync());

        // Where commits are: reads have connections of their own.
        await database.WriteAsync((connection, _) => connection.ExecuteAsync("DEALLOCATE ALL"), Cancellation);
        await AppendAsync(3);
        await AppendAsync(4);

        Assert.Equal(0, await PreparedAsync());
        Assert.StartsWith(
            "Information: Commits are not prepared from now on, so each costs PostgreSQL more: the server refused",
            Assert.Single(log.All), StringComparison.Ordinal);
        Assert.Equal(4, (await store.OpenAsync("all", Cancellation)).Head);

        Task AppendAsync(long offset) => store.AppendAsync("all", epoch, Messages(offset, 1), [], [], Cancellation);

        Task<long> PreparedAsync() => database.WriteAsync(
            (connection, _) => connection.ExecuteScalarAsync<long>("SELECT count(*) FROM pg_prepared_statements"), Cancellation);
    }

    [Fact]
    public async Task Nothing_is_prepared_where_the_connection_string_says_so()
    {
        var one = new NpgsqlConnectionStringBuilder(ConnectionString) { MaxPoolSize = 4 };
        await using var database = DatabaseFactory.Open(one.ConnectionString + ";Max Auto Prepare=0");
        var store = new MessageStore(database);
        var epoch = (await store.OpenAsync("all", Cancellation)).Epoch;

        await store.AppendAsync("all", epoch, Messages(1, 1), [], [], Cancellation);

        Assert.Equal(0, await database.WriteAsync(
            (connection, _) => connection.ExecuteScalarAsync<long>("SELECT count(*) FROM pg_prepared_statements"), Cancellation));
    }
}
