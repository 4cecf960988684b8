using Dapper;
using NotifyHub.Grains.Broadcast;
using Npgsql;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

/// <summary>
/// What is acknowledged is on the disk, whatever the role and the server say. With a server of its own, because it is killed.
/// </summary>
public sealed class DurabilityTests(DurabilityTests.DurableServer fixture) : IClassFixture<DurabilityTests.DurableServer>
{
    // Orleans' own way of writing: one statement, no transaction around it.
    private const string GrainState =
        "INSERT INTO grain_state (service_id, grain_type, grain_n0, grain_n1, grain_extension, version) "
        + "VALUES ('s', 't', 0, 0, '', 1)";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commits_survive_a_crash_of_the_server_with_synchronous_commit_off()
    {
        var server = fixture.Server;
        var storage = await server.CreateDatabaseAsync();
        await using var database = DatabaseFactory.Open(storage);
        await database.MigrateAsync(Cancellation);
        var store = new MessageStore(database);
        var epoch = (await store.OpenAsync("all", Cancellation)).Epoch;
        for (var offset = 1; offset <= 20; offset++)
            await store.AppendAsync("all", epoch, [new Message(offset, [1], false)], [], [], Cancellation);
        await using (var orleans = await database.DataSource.OpenConnectionAsync(Cancellation))
            await orleans.ExecuteAsync(GrainState);
        // Commits of other connections are not on the disk then: the test does cause it.
        await using (var other = new NpgsqlConnection(storage + ";Pooling=false"))
        {
            await other.OpenAsync(Cancellation);
            await other.ExecuteAsync("INSERT INTO log (name, epoch, created_at) VALUES ('other', '', 0)");
            Assert.True(await other.ExecuteScalarAsync<bool>("SELECT pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn()"));
        }

        await server.KillAsync();
        await server.StartAsync();

        await using var after = DatabaseFactory.Open(storage);
        Assert.Equal(20, (await new MessageStore(after).OpenAsync("all", Cancellation)).Head);
        Assert.Equal(1, await CountAsync("SELECT count(*) FROM grain_state"));

        Task<long> CountAsync(string sql) =>
            after.ReadAsync(
                connection => connection.ExecuteScalarAsync<long>(new(sql, cancellationToken: Cancellation)), Cancellation);
    }

    [Theory]
    [InlineData("off", "on")]
    [InlineData("local", "on")]
    [InlineData("on", "on")]
    [InlineData("remote_write", "remote_write")]
    [InlineData("remote_apply", "remote_apply")]
    public async Task Weak_commits_are_made_durable_and_strict_ones_stay_strict(string role, string effective)
    {
        var storage = new NpgsqlConnectionStringBuilder(await fixture.Server.CreateDatabaseAsync());
        await fixture.Server.ExecuteAsync($"ALTER DATABASE {storage.Database} SET synchronous_commit = {role}");
        await using var database = DatabaseFactory.Open(storage.ConnectionString);
        await database.MigrateAsync(Cancellation);

        Assert.Equal(effective, await database.WriteAsync((connection, _) => EffectiveAsync(connection), Cancellation));
        await using var orleans = await database.DataSource.OpenConnectionAsync(Cancellation);
        await orleans.ExecuteAsync($"BEGIN; {GrainState}");
        Assert.Equal(effective, await EffectiveAsync(orleans));
        await orleans.ExecuteAsync("ROLLBACK");
        await orleans.ExecuteAsync(
            """
            BEGIN;
            INSERT INTO message ("offset", created_at, log_id, is_notification, payload) VALUES (1, 1, 1, false, '')
            """);
        Assert.Equal(effective, await EffectiveAsync(orleans));
        await orleans.ExecuteAsync("ROLLBACK");
        await orleans.ExecuteAsync(
            """
            BEGIN;
            INSERT INTO channel_message ("offset", created_at, log_id, bucket, is_notification, channel, payload)
            VALUES (1, 1, 1, 9, false, 'c', '')
            """);
        Assert.Equal(effective, await EffectiveAsync(orleans));
        await orleans.ExecuteAsync("ROLLBACK");
        // Only within the transaction: a pooler may give the session to somebody else.
        Assert.Equal(role, await EffectiveAsync(orleans));

        static Task<string> EffectiveAsync(System.Data.Common.DbConnection connection) =>
            connection.ExecuteScalarAsync<string>("SELECT current_setting('synchronous_commit')")!;
    }

    [Fact]
    public async Task A_durable_server_is_found_durable()
    {
        await using var database = DatabaseFactory.Open(await fixture.Server.CreateDatabaseAsync());

        Assert.Null(await database.FindDurabilityFaultAsync(Cancellation));
    }

    [Fact]
    public async Task A_server_that_does_not_sync_is_found_out()
    {
        await using var server = new PostgresServer();
        await server.InitializeAsync();
        await using var database = DatabaseFactory.Open(await server.CreateDatabaseAsync());

        Assert.Contains(
            "fsync and full_page_writes off", await database.FindDurabilityFaultAsync(Cancellation), StringComparison.Ordinal);
    }

    public sealed class DurableServer : IAsyncLifetime
    {
        public PostgresServer Server { get; } = new()
        {
            IsDurable = true,
            // Nothing but a commit itself brings the log to the disk for so long.
            Settings = ["synchronous_commit=off", "wal_writer_delay=10s"],
        };

        public ValueTask InitializeAsync() => Server.InitializeAsync();

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
