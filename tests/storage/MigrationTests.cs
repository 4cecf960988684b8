using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class SqliteMigrationTests() : MigrationTests(null);

public sealed class PostgresMigrationTests(PostgresServer server) : MigrationTests(server);

/// <summary>A database of before a migration keeps its data.</summary>
public abstract class MigrationTests(PostgresServer? server) : StorageTest(server)
{
    private readonly PostgresServer? _server = server;

    [Fact]
    public async Task Channels_keys_and_notifications_of_before_the_epochs_are_kept()
    {
        var folder = Directory.CreateTempSubdirectory("notifyhub-migration-");
        await using (var database = DatabaseFactory.Open(
            _server is null ? $"Data Source={Path.Combine(folder.FullName, "before.db")}" : await _server.CreateDatabaseAsync()))
        {
            await ApplyAsync(database, before: "0009");
            await ExecuteAsync(database,
                """
                INSERT INTO channel (name, epoch, created_at) VALUES ('all', 'epoch', 1);
                INSERT INTO message (channel_id, "offset", created_at, is_notification, payload)
                    SELECT id, 1, 1, '1', '{}' FROM channel;
                INSERT INTO publish_key (channel_id, key, first_offset, count, created_at) SELECT id, 'k', 1, 1, 1 FROM channel;
                INSERT INTO notification (
                    id, type, title, message, severity, priority, icon, action_url, repo, branch, commit_sha, metadata,
                    status, created_at, updated_at, delivered_at, read_at)
                VALUES (1, 'ty', 't', 'm', 'info', 'low', 'i', 'a', 'r', 'b', 'c', '{}', 'read', 2, 3, 4, 5);
                """);

            await database.MigrateAsync(Cancellation);

            var store = new MessageStore(database);
            Assert.Equal(
                new ChannelHead("epoch", 1, 1, Logs: IsSqlite ? 1 : 16), await store.OpenAsync("all", Cancellation));
            Assert.Equal(new PublishKey("k", 1, 1), await FindKeyAsync(database, "k"));
            var row = await database.ReadAsync(
                async connection => (IDictionary<string, object?>)await connection.QuerySingleAsync(
                    """
                    SELECT channel, id, type, title, message, severity, priority, icon, action_url, repo, branch, commit_sha,
                        metadata, status, created_at, updated_at, delivered_at, read_at
                    FROM notification
                    """),
                Cancellation);
            Assert.Equal(
                ["all", 1L, "ty", "t", "m", "info", "low", "i", "a", "r", "b", "c", "{}", "read", 2L, 3L, 4L, 5L],
                row.Values.ToArray());
            await store.AppendAsync("all", "epoch", Messages(2, 1), [], [new PublishKey("new", 2, 1, [9])], Cancellation);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task What_was_a_channel_becomes_a_log_and_keeps_its_messages()
    {
        var folder = Directory.CreateTempSubdirectory("notifyhub-migration-");
        await using (var database = DatabaseFactory.Open(
            _server is null ? $"Data Source={Path.Combine(folder.FullName, "before.db")}" : await _server.CreateDatabaseAsync()))
        {
            await ApplyAsync(database, before: "0015");
            // SQLite keeps what it is given: a text is no blob.
            var (payload, hash) = IsSqlite ? ("CAST('{}' AS BLOB)", "CAST('h' AS BLOB)") : ("'{}'", "'h'");
            await ExecuteAsync(database,
                $"""
                INSERT INTO channel (name, epoch, created_at) VALUES ('all', 'epoch', 1);
                INSERT INTO channel_epoch (channel_id, epoch, began_at, start_offset, lost_offset)
                    SELECT id, 'epoch', 1, 7, 9 FROM channel;
                INSERT INTO message (channel_id, "offset", created_at, is_notification, payload)
                    SELECT id, 8, 1, '1', {payload} FROM channel;
                INSERT INTO publish_key (channel_id, key, first_offset, count, created_at, request_hash)
                    SELECT id, 'k', 8, 1, 1, {hash} FROM channel;
                INSERT INTO notification (
                    id, channel, type, title, message, severity, priority, status, created_at, updated_at)
                VALUES (8, 'all', 'ty', 't', 'm', 'info', 'low', 'read', 2, 3);
                """);

            await database.MigrateAsync(Cancellation);

            var store = new MessageStore(database);
            Assert.Equal(
                new ChannelHead("epoch", 8, 8, EpochStart: 7, Logs: IsSqlite ? 1 : 16),
                await store.OpenAsync("all", Cancellation));
            Assert.Equal((8, 1), await FindKeyAsync(database, "k") is { } key ? (key.FirstOffset, key.Count) : default);
            Assert.Equal((8L, 8L), await database.ReadAsync(
                connection => connection.QuerySingleAsync<(long, long)>("SELECT id, \"offset\" FROM notification"),
                Cancellation));
            Assert.Equal(9, (await new EpochStore(database).NewestLossAsync(DateTimeOffset.UnixEpoch, Cancellation))!.Known);
            await store.AppendAsync("all", "epoch", Messages(9, 1), [], [new PublishKey("new", 9, 1)], Cancellation);
            Assert.Equal(9, Assert.Single(await store.ReadAsync("all", 8, 10, 100, Cancellation)).Offset);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_numbers_of_the_last_reports_are_kept_in_one_table()
    {
        var folder = Directory.CreateTempSubdirectory("notifyhub-migration-");
        await using (var database = DatabaseFactory.Open(
            _server is null ? $"Data Source={Path.Combine(folder.FullName, "before.db")}" : await _server.CreateDatabaseAsync()))
        {
            await ApplyAsync(database, before: "0013");
            await ExecuteAsync(database,
                """
                INSERT INTO gateway_lease (gateway_id, sequence, ended_at) VALUES ('running', 7, NULL), ('ended', 8, 100);
                INSERT INTO delivery_report (gateway_id, sequence, taken_at) VALUES ('running', 5, 200);
                INSERT INTO api_request_batch (gateway_id, sequence, taken_at) VALUES ('running', 3, 300), ('ended', 4, 50);
                """);

            await database.MigrateAsync(Cancellation);

            var rows = await database.ReadAsync(
                connection => connection.QueryAsync<(string, string, long, long, long?)>(
                    """
                    SELECT
                        gateway_id, kind, number,
                        CASE WHEN gateway_id = 'running' AND kind = 'sessions' THEN 0 ELSE taken_at END, ended_at
                    FROM report_position ORDER BY gateway_id, kind
                    """),
                Cancellation);
            Assert.Equal(
                [
                    ("ended", "sessions", 8, 100, 100L),
                    ("ended", "usage", 4, 50, null),
                    ("running", "deliveries", 5, 200, null),
                    ("running", "sessions", 7, 0, null),
                    ("running", "usage", 3, 300, null),
                ],
                rows);
            var positions = new ReportPositions(database, TimeProvider.System);
            Assert.Equal(["running"], await positions.LeasedGatewaysAsync(Cancellation));
            await positions.SweepAsync(DateTimeOffset.FromUnixTimeMilliseconds(250), Cancellation);
            Assert.Equal(2, await database.ReadAsync(
                connection => connection.ExecuteScalarAsync<long>("SELECT count(*) FROM report_position"), Cancellation));
            foreach (var dropped in new[] { "gateway_lease", "delivery_report", "api_request_batch" })
                await Assert.ThrowsAsync<StorageBrokenException>(() => ExecuteAsync(database, $"DELETE FROM {dropped}"));
        }

        folder.Delete(recursive: true);
    }

    /// <summary>The scripts up to one, as a release of then applied them.</summary>
    private async Task ApplyAsync(Database database, string before)
    {
        await ExecuteAsync(database, "CREATE TABLE migration (name text NOT NULL PRIMARY KEY, applied_at bigint NOT NULL)");
        var assembly = typeof(Database).Assembly;
        var folder = $".Migrations.{(IsSqlite ? "Sqlite" : "Postgres")}.";
        foreach (var script in assembly.GetManifestResourceNames().Where(name => name.Contains(folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal))
        {
            var name = script[(script.IndexOf(folder, StringComparison.Ordinal) + folder.Length)..^".sql".Length];
            if (string.CompareOrdinal(name, before) >= 0) return;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(script)!);
            await ExecuteAsync(database, await reader.ReadToEndAsync(Cancellation));
            await ExecuteAsync(database, $"INSERT INTO migration (name, applied_at) VALUES ('{name}', 1)");
        }
    }

    private static async Task<PublishKey?> FindKeyAsync(Database database, string key) =>
        (await new PublishKeyStore(database).FindAsync("all", [key], Cancellation)).GetValueOrDefault(key);

    private static Task<int> ExecuteAsync(Database database, string sql) =>
        database.WriteAsync((connection, transaction) => connection.ExecuteAsync(sql, transaction: transaction), Cancellation);
}
