using System.Data.Common;
using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Namespaces;

/// <summary>What is set in the namespaces, and the version that changes with it.</summary>
public sealed class NamespaceStore(Database database)
{
    /// <summary>What is set; null: it is what <paramref name="known"/> was.</summary>
    public Task<NamespaceSnapshot?> ReadAsync(string? known, CancellationToken cancellation = default) => database.ReadAsync(
        async connection =>
        {
            // Before the rows: a change in between is read again, with the next version.
            var version = await connection.QuerySingleAsync<string>("SELECT version FROM namespace_version WHERE id = 1");
            if (version == known) return null;
            var rows = await connection.QueryAsync<Row>(
                """
                SELECT name AS Name, subscribe AS Subscribe, publish AS Publish, retention AS Retention,
                    history_limit AS HistoryLimit, presence AS Presence, message_bytes AS MessageBytes,
                    publishes_per_second AS PublishesPerSecond
                FROM namespace
                """);
            return new NamespaceSnapshot(version, rows.ToDictionary(row => row.Name, row => row.ToSettings()));
        },
        cancellation);

    /// <summary>False: there are too many already.</summary>
    public Task<bool> SetAsync(string name, NamespaceSettings settings, CancellationToken cancellation = default) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                // First: its row's lock lets one change at a time count the namespaces.
                await RenewVersionAsync(connection, transaction);
                return await connection.ExecuteAsync(
                    """
                    INSERT INTO namespace (
                        name, subscribe, publish, retention, history_limit, presence, message_bytes, publishes_per_second)
                    SELECT @Name, @Subscribe, @Publish, @Retention, CAST(@HistoryLimit AS integer), @Presence,
                        CAST(@MessageBytes AS integer), CAST(@PublishesPerSecond AS integer)
                    WHERE (SELECT count(*) FROM namespace WHERE name <> @Name) < @max
                    ON CONFLICT (name) DO UPDATE SET
                        subscribe = excluded.subscribe, publish = excluded.publish, retention = excluded.retention,
                        history_limit = excluded.history_limit, presence = excluded.presence,
                        message_bytes = excluded.message_bytes, publishes_per_second = excluded.publishes_per_second
                    """,
                    new
                    {
                        Name = name,
                        Subscribe = Word(settings.Subscribe),
                        Publish = Word(settings.Publish),
                        Retention = Word(settings.Retention),
                        settings.HistoryLimit,
                        Presence = Word(settings.Presence),
                        settings.MessageBytes,
                        settings.PublishesPerSecond,
                        max = NamespaceSnapshot.MaxNamespaces,
                    },
                    transaction) == 1;
            },
            cancellation);

    /// <summary>False: nothing was set.</summary>
    public Task<bool> DeleteAsync(string name, CancellationToken cancellation = default) => database.WriteAsync(
        async (connection, transaction) =>
        {
            await RenewVersionAsync(connection, transaction);
            return await connection.ExecuteAsync("DELETE FROM namespace WHERE name = @name", new { name }, transaction) == 1;
        },
        cancellation);

    // Random, not counted: a database that was restored from a backup must not come to a version that gateways know.
    private static Task<int> RenewVersionAsync(DbConnection connection, DbTransaction transaction) => connection.ExecuteAsync(
        "UPDATE namespace_version SET version = @version WHERE id = 1",
        new { version = Guid.NewGuid().ToString("N") },
        transaction);

    private static string? Word<T>(T? value)
        where T : struct, Enum => value is { } one ? OptionWord.Of(one) : null;

    private sealed class Row
    {
        public string Name { get; init; } = "";
        public string? Subscribe { get; init; }
        public string? Publish { get; init; }
        public string? Retention { get; init; }
        public int? HistoryLimit { get; init; }
        public string? Presence { get; init; }
        public int? MessageBytes { get; init; }
        public int? PublishesPerSecond { get; init; }

        public NamespaceSettings ToSettings() => new(
            Parse<SubscribeAccess>(Subscribe), Parse<PublishAccess>(Publish), Parse<GrainInterfaces.Retention>(Retention),
            HistoryLimit, Parse<Presence>(Presence), MessageBytes, PublishesPerSecond);

        private static T? Parse<T>(string? word)
            where T : struct, Enum => word is null ? null : OptionWord.Parse<T>(word);
    }
}
