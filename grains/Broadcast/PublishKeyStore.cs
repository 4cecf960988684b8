using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Broadcast;

/// <summary>The idempotency keys that were used in the logs.</summary>
public sealed class PublishKeyStore(Database database, TimeProvider? time = null)
{
    /// <summary>How long they are remembered.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private const int SweepRows = 1000;

    // Claims are rows of the public log, which exists before any gateway can publish and forgets them with its own keys.
    private const string ClaimPrefix = "claim/";

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Those of the keys that were used in the log, with what their publishes were given.</summary>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public Task<Dictionary<string, PublishKey>> FindAsync(
        string log, IReadOnlyCollection<string> keys, CancellationToken cancellation) => database.ReadAsync(
        async connection =>
        {
            var found = new Dictionary<string, PublishKey>(StringComparer.Ordinal);
            // SQLite gets each as a parameter, of which it does not take any number.
            foreach (var some in keys.Chunk(SweepRows))
            {
                var rows = await connection.QueryAsync<(string Key, long FirstOffset, int Count, byte[]? RequestHash)>(new(
                    $"""
                    SELECT key, first_offset, count, request_hash FROM publish_key
                    WHERE log_id = (SELECT id FROM log WHERE name = @log)
                        AND key {(database.IsPostgres ? "= ANY (@some)" : "IN @some")}
                    """,
                    new { log, some },
                    cancellationToken: cancellation));
                foreach (var (key, first, count, hash) in rows) found[key] = new PublishKey(key, first, count, hash);
            }

            return found;
        },
        cancellation);

    /// <summary>Makes a key the own one of a request, whatever logs it goes to. False: it is another request's.</summary>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public Task<bool> ClaimAsync(string key, byte[] requestHash, CancellationToken cancellation) => database.WriteAsync(
        async (connection, transaction) =>
        {
            var parameters = new
            {
                log = GrainKeys.PublicChannel,
                key = ClaimPrefix + key,
                requestHash,
                now = StoredTime.Now(_time),
            };
            CommandDefinition Command(string sql) => new(sql, parameters, transaction, cancellationToken: cancellation);

            await connection.ExecuteAsync(Command(
                """
                INSERT INTO publish_key (log_id, key, first_offset, count, request_hash, created_at)
                SELECT id, @key, 0, 0, @requestHash, @now FROM log WHERE name = @log
                ON CONFLICT (log_id, key) DO NOTHING
                """));
            var first = await connection.QuerySingleAsync<byte[]>(Command(
                """
                SELECT request_hash FROM publish_key
                WHERE log_id = (SELECT id FROM log WHERE name = @log) AND key = @key
                """));
            return PublishKey.IsSame(first, requestHash);
        },
        cancellation);

    /// <summary>Forgets, in small batches, those of before then.</summary>
    /// <exception cref="StorageUnavailableException">The database failed; what was deleted until then stays deleted.</exception>
    public async Task SweepAsync(string log, DateTimeOffset olderThan, CancellationToken cancellation)
    {
        var cutoff = olderThan.ToStored();
        while (await DeleteAsync() == SweepRows)
        {
        }

        Task<int> DeleteAsync() => database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(new(
                """
                DELETE FROM publish_key WHERE (log_id, key) IN (
                    SELECT log_id, key FROM publish_key
                    WHERE log_id = (SELECT id FROM log WHERE name = @log) AND created_at < @cutoff
                    LIMIT @SweepRows)
                """,
                new { log, cutoff, SweepRows },
                transaction,
                cancellationToken: cancellation)),
            cancellation);
    }
}
