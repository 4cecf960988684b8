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
                    id, type, title, message, severity, priority, icon, action_url, repo, branch, commit_sha, metadata, status, created_at,
                    updated_at, delivered_at, read_at)
                VALUES (1, 'ty', 't', 'm', 'info', 'low', 'i', 'a', 'r', 'b', 'c', '{}', 'read', 2, 3, 4, 5);
                """);

            await database.MigrateAsync(Cancellation);

            var store = new MessageStore(database);
            Assert.Equal(new ChannelHead("epoch", 1, 1), await store.OpenAsync("all", Cancellation));
            Assert.Equal(new PublishKey("k", 1, 1), await store.FindKeyAsync("all", "k", Cancellation));
            var row = await database.ReadAsync(
                async connection => (IDictionary<string, object?>)await connection.QuerySingleAsync(
                    """
                    SELECT channel, id, type, title, message, severity, priority, icon, action_url, repo, branch, commit_sha, metadata, status,
                        created_at, updated_at, delivered_at, read_at
                    FROM notification
                    """),
                Cancellation);
            Assert.Equal(
                ["all", 1L, "ty", "t", "m", "info", "low", "i", "a", "r", "b", "c", "{}", "read", 2L, 3L, 4L, 5L], row.Values.ToArray());
            await store.AppendAsync("all", "epoch", Messages(2, 1), [], [new PublishKey("new", 2, 1, [9])], Cancellation);
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

    private static Task<int> ExecuteAsync(Database database, string sql) =>
        database.WriteAsync((connection, transaction) => connection.ExecuteAsync(sql, transaction: transaction), Cancellation);
}
