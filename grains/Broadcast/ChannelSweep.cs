using System.Data.Common;
using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Broadcast;

/// <summary>Opens the next buckets of the channels' messages, and drops those that are over: a partition on PostgreSQL, rows in
/// small batches on SQLite.</summary>
public sealed class ChannelSweep(Database database)
{
    // Longer than any silo may go on writing to a bucket after the next one was opened.
    private static readonly TimeSpan Grace = ChannelStore.BucketsAge * 5;

    // Rows that one transaction looks at. SQLite has one writer, so a publish may wait this long for it (about 10 ms).
    private const int BatchRows = 500;

    // Any constant of which the migrations' lock and other programs know nothing: "NotifyHc" in ASCII.
    private const long LockKey = 0x4E6F746966794863;

    // While a drop waits for commits and readers to end, others wait behind it.
    private const string DropTimeout = "200ms";

    /// <param name="now">The time that ages count from.</param>
    /// <exception cref="StorageUnavailableException">The database failed; what was done until then stays done.</exception>
    public async Task RunAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var buckets = await database.ReadAsync(
            async connection => (await connection.QueryAsync<(int Number, long OpenedAt)>(new(
                "SELECT bucket, opened_at FROM channel_bucket ORDER BY bucket", cancellationToken: cancellation))).AsList(),
            cancellation);
        var ofClasses = buckets.Select(row => (Bucket: new Bucket(row.Number), row.OpenedAt))
            .GroupBy(row => row.Bucket.Retention);
        foreach (var own in ofClasses)
            await RunAsync([.. own], now, cancellation);
    }

    /// <param name="buckets">Those of one class, oldest first.</param>
    private async Task RunAsync((Bucket Bucket, long OpenedAt)[] buckets, DateTimeOffset now, CancellationToken cancellation)
    {
        var (newest, openedAt) = buckets[^1];
        // Opened while the clock was ahead: it counts from now on, or nothing would be dropped until that time.
        if (openedAt > now.ToStored()) await ReopenAsync(newest, now, cancellation);
        else if (now - StoredTime.Of(openedAt) >= newest.Period) await OpenAsync(newest, now, cancellation);

        var over = new List<Bucket>();
        for (var i = 0; i + 1 < buckets.Length; i++)
        {
            if (now - StoredTime.Of(buckets[i + 1].OpenedAt) < newest.Lifetime + Grace) break;
            over.Add(buckets[i].Bucket);
        }

        if (over.Count == 0) return;
        if (database.IsPostgres) foreach (var bucket in over) await DropAsync(bucket, cancellation);
        else await DeleteAsync(over[^1], cancellation);
    }

    private Task<int> ReopenAsync(Bucket bucket, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(
        (connection, transaction) => connection.ExecuteAsync(new(
            "UPDATE channel_bucket SET opened_at = @now WHERE bucket = @Number",
            new { now = now.ToStored(), bucket.Number },
            transaction,
            cancellationToken: cancellation)),
        cancellation);

    private Task<bool> OpenAsync(Bucket newest, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(
        async (connection, transaction) =>
        {
            var next = newest.Next.Number;
            if (database.IsPostgres) await ExecuteAsync($"SELECT pg_advisory_xact_lock({LockKey})");
            // Another silo may have been faster.
            var isOpen = await connection.ExecuteScalarAsync<bool>(new(
                "SELECT EXISTS (SELECT 1 FROM channel_bucket WHERE bucket = @next)",
                new { next },
                transaction,
                cancellationToken: cancellation));
            if (isOpen) return false;
            // A table that is attached, unlike one that is made as a partition, waits for no commits and keeps none waiting.
            if (database.IsPostgres)
            {
                await ExecuteAsync(
                    $"""
                    CREATE TABLE channel_message_{next} (LIKE channel_message INCLUDING ALL);
                    ALTER TABLE channel_message ATTACH PARTITION channel_message_{next} FOR VALUES IN ({next})
                    """);
            }

            await ExecuteAsync($"INSERT INTO channel_bucket (bucket, opened_at) VALUES ({next}, {now.ToStored()})");
            return true;

            Task<int> ExecuteAsync(string sql) =>
                connection.ExecuteAsync(new(sql, transaction: transaction, cancellationToken: cancellation));
        },
        cancellation);

    /// <summary>Drops a partition, and remembers for each log up to where it went. Not now if somebody reads it (a backup does
    /// for hours): whoever waits for this lock makes all commits wait.</summary>
    private Task<int> DropAsync(Bucket bucket, CancellationToken cancellation) => database.WriteAsync(
        (connection, transaction) => connection.ExecuteAsync(new(
            $"""
            DO $$ BEGIN
                PERFORM pg_advisory_xact_lock({LockKey});
                -- Another silo may have been faster.
                IF NOT EXISTS (SELECT 1 FROM channel_bucket WHERE bucket = {bucket.Number}) THEN RETURN; END IF;
                LOCK TABLE channel_message_{bucket.Number} IN ACCESS EXCLUSIVE MODE NOWAIT;
                PERFORM set_config('lock_timeout', '{DropTimeout}', true);
                LOCK TABLE ONLY channel_message IN ACCESS EXCLUSIVE MODE;
                INSERT INTO log_dropped (log_id, class, dropped_to)
                SELECT id, {(int)bucket.Retention}, newest
                FROM (
                    SELECT id, (SELECT max("offset") FROM channel_message_{bucket.Number} WHERE log_id = log.id) AS newest
                    FROM log) AS ends
                WHERE newest IS NOT NULL
                ON CONFLICT (log_id, class) DO UPDATE
                    SET dropped_to = greatest(log_dropped.dropped_to, excluded.dropped_to);
                DROP TABLE channel_message_{bucket.Number};
                DELETE FROM channel_bucket WHERE bucket = {bucket.Number};
            EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
                NULL;
            END $$
            """,
            transaction: transaction,
            cancellationToken: cancellation)),
        cancellation);

    /// <summary>Deletes the rows of a bucket and of those before it, each log from where the last sweep has stopped.</summary>
    private async Task DeleteAsync(Bucket last, CancellationToken cancellation)
    {
        var logs = await database.ReadAsync(
            async connection => (await connection.QueryAsync<long>(new(
                "SELECT id FROM log WHERE head > 0", cancellationToken: cancellation))).AsList(),
            cancellation);
        foreach (var log in logs)
        {
            while (!await database.WriteAsync(
                (connection, transaction) => DeleteNextAsync(connection, transaction, log, last), cancellation))
            {
            }
        }

        await database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(new(
                "DELETE FROM channel_bucket WHERE bucket % 8 = @Retention AND bucket <= @Number",
                new { last.Retention, last.Number },
                transaction,
                cancellationToken: cancellation)),
            cancellation);
    }

    /// <summary>True: there is nothing more to delete.</summary>
    private static async Task<bool> DeleteNextAsync(DbConnection connection, DbTransaction transaction, long log, Bucket last)
    {
        var values = new { log, last.Retention, last.Number, BatchRows };
        var (swept, head) = await connection.QuerySingleAsync<(long, long)>(
            """
            SELECT coalesce((SELECT swept_to FROM log_dropped WHERE log_id = @log AND class = @Retention), 0), head
            FROM log WHERE id = @log
            """,
            values,
            transaction);
        // Other classes have rows in between, which are only looked at.
        var end = await connection.ExecuteScalarAsync<long?>(
            """
            SELECT "offset" FROM channel_message WHERE log_id = @log AND "offset" > @swept
            ORDER BY "offset" LIMIT 1 OFFSET @BatchRows
            """,
            new { log, swept, BatchRows },
            transaction) ?? head;
        // Offsets of a class go from bucket to bucket in order: behind the first that stays all others stay.
        var keep = await connection.ExecuteScalarAsync<long?>(
            """
            SELECT min("offset") FROM channel_message
            WHERE log_id = @log AND "offset" > @swept AND "offset" <= @end AND bucket % 8 = @Retention AND bucket > @Number
            """,
            new { log, swept, end, last.Retention, last.Number },
            transaction);
        var to = keep - 1 ?? end;
        const string Which = """log_id = @log AND "offset" > @swept AND "offset" <= @to AND bucket % 8 = @Retention""";
        var range = new { log, swept, to, last.Retention };
        var dropped = await connection.ExecuteScalarAsync<long?>(
            $"""SELECT max("offset") FROM channel_message WHERE {Which}""", range, transaction) ?? 0;
        await connection.ExecuteAsync($"DELETE FROM channel_message WHERE {Which}", range, transaction);
        await connection.ExecuteAsync(
            """
            INSERT INTO log_dropped (log_id, class, dropped_to, swept_to) VALUES (@log, @Retention, @dropped, @to)
            ON CONFLICT (log_id, class) DO UPDATE SET
                dropped_to = max(dropped_to, excluded.dropped_to), swept_to = excluded.swept_to
            """,
            new { log, last.Retention, dropped, to },
            transaction);
        return keep is not null || to >= head;
    }
}
