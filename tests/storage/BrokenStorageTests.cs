using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using Npgsql;
using Xunit;

namespace NotifyHub.StorageTests;

/// <summary>Faults that last until an operator acts are distinguished from transient ones.</summary>
public abstract class BrokenStorageTests(PostgresServer? server) : StorageTest(server)
{
    [Fact]
    public async Task A_renamed_table_is_broken_storage_until_it_is_back()
    {
        var store = new MessageStore(Database);
        var epoch = (await store.OpenAsync("all", Cancellation)).Epoch;
        await ExecuteAsync("ALTER TABLE message RENAME TO away");

        var error = await Assert.ThrowsAsync<StorageBrokenException>(() => AppendAsync(store, epoch));

        Assert.EndsWith(" lacks a table or a column that NotifyHub needs.", error.Message, StringComparison.Ordinal);
        Assert.Contains("message", error.InnerException!.Message, StringComparison.Ordinal);
        Assert.StartsWith("The database lacks a table or a column", Database.Health.Error?.ToString(), StringComparison.Ordinal);
        await ExecuteAsync("ALTER TABLE away RENAME TO message");
        await AppendAsync(store, epoch);
    }

    [Fact]
    public async Task A_dropped_column_is_broken_storage()
    {
        await ExecuteAsync("ALTER TABLE log_epoch RENAME COLUMN start_offset TO gone");

        await Assert.ThrowsAsync<StorageBrokenException>(() => new EpochStore(Database).BeginAsync("all", Cancellation));
    }

    protected static Task AppendAsync(MessageStore store, string epoch) =>
        store.AppendAsync("all", epoch, [new Message(1, [1], false)], [], [], Cancellation);

    private Task<int> ExecuteAsync(string sql) =>
        Database.WriteAsync((connection, transaction) => connection.ExecuteAsync(sql, null, transaction), Cancellation);
}

public sealed class SqliteBrokenStorageTests() : BrokenStorageTests(null);

public sealed class PostgresBrokenStorageTests(PostgresServer server) : BrokenStorageTests(server)
{
    [Fact]
    public async Task A_revoked_right_is_broken_storage_until_it_is_granted()
    {
        var role = $"limited_{Guid.NewGuid():N}";
        var limited = new NpgsqlConnectionStringBuilder(ConnectionString) { Username = role, Password = "limited" };
        await ExecuteAsync(
            $"""
            CREATE ROLE {role} LOGIN PASSWORD 'limited';
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
            GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}
            """);
        await using var database = DatabaseFactory.Open(limited.ConnectionString);
        var store = new MessageStore(database);
        var epoch = (await store.OpenAsync("all", Cancellation)).Epoch;
        await ExecuteAsync($"REVOKE INSERT ON message FROM {role}");

        var error = await Assert.ThrowsAsync<StorageBrokenException>(() => AppendAsync(store, epoch));

        Assert.EndsWith(" denies its user a right.", error.Message, StringComparison.Ordinal);
        await ExecuteAsync($"GRANT INSERT ON message TO {role}");
        await AppendAsync(store, epoch);
    }

    private Task<int> ExecuteAsync(string sql) =>
        Database.WriteAsync((connection, transaction) => connection.ExecuteAsync(sql, null, transaction), Cancellation);
}
