using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Broadcast;

/// <summary>Logs that carry many channels: append-only rows (log, offset, channel), one durable transaction per batch whatever
/// the number of channels in it.</summary>
public sealed class ChannelStore(Database database, TimeProvider? time = null) : ILogStore
{
    /// <summary>How old the known buckets may be when they are written to. <see cref="ChannelSweep"/> waits longer than that
    /// before it drops one.</summary>
    internal static readonly TimeSpan BucketsAge = TimeSpan.FromMinutes(1);

    // One row per log, whatever its channels. With buckets that are no longer there, whoever writes has slept too long.
    private const string FenceSql = """
        UPDATE log SET head = @next
        WHERE name = @log AND epoch = @epoch AND head = @expected
            AND 4 = (SELECT count(*) FROM channel_bucket WHERE bucket IN (@hour, @day, @week, @month))
        RETURNING id
        """;

    private const string BucketsSql = """
        (SELECT max(bucket) FROM channel_bucket WHERE bucket % 8 = 1) AS Hour,
        (SELECT max(bucket) FROM channel_bucket WHERE bucket % 8 = 2) AS Day,
        (SELECT max(bucket) FROM channel_bucket WHERE bucket % 8 = 3) AS Week,
        (SELECT max(bucket) FROM channel_bucket WHERE bucket % 8 = 4) AS Month
        """;

    // Below what all classes have dropped nothing can be read.
    private const string HeadSql = $"""
        SELECT epoch AS Epoch, head AS Head,
            (SELECT CASE WHEN count(*) = 4 THEN min(dropped_to) ELSE 0 END FROM log_dropped WHERE log_id = log.id) AS DroppedTo,
            (SELECT start_offset FROM log_epoch WHERE log_id = log.id AND epoch = log.epoch) AS EpochStart,
            (SELECT logs FROM log_layout) AS Logs,
            {BucketsSql}
        FROM log WHERE name = @log
        """;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly EpochStore _epochs = new(database, time);

    // All logs of the silo write to the same buckets. Replaced as a whole.
    private volatile KnownBuckets? _buckets;

    /// <inheritdoc/>
    public async Task<ChannelHead> OpenAsync(string log, CancellationToken cancellation)
    {
        if (await FindAsync(log, cancellation) is { } found) return found;
        await _epochs.BeginAsync(log, cancellation);
        return await FindAsync(log, cancellation)
            ?? throw new StorageUnavailableException($"The log '{log}' no longer exists.");
    }

    /// <inheritdoc/>
    public async Task AppendAsync(string log, string epoch, LogAppend append, CancellationToken cancellation)
    {
        var (first, last) = (append.Messages[0].Offset, append.Messages[^1].Offset);
        var buckets = await BucketsAsync(cancellation);
        var guard = new RowGuard(
            FenceSql,
            Table: null,
            [
                ("log", log), ("epoch", epoch), ("expected", first - 1), ("next", last),
                ("hour", buckets.Hour), ("day", buckets.Day), ("week", buckets.Week), ("month", buckets.Month),
            ]);
        List<GuardedRows> tables = [LogRows.ChannelMessages(append.Messages, append.Retentions, buckets)];
        if (append.Notifications.Count > 0) tables.Add(LogRows.Notifications(append.Notifications));
        if (append.Keys.Count > 0) tables.Add(LogRows.Keys(append.Keys, StoredTime.Now(_time)));
        var mark = append.Retracted.Count == 0 ? null
            : new GuardedMark("channel_message", "is_retracted", "log_id", "\"offset\"", [.. append.Retracted]);
        if (await database.InsertGuardedAsync(guard, tables, mark, cancellation)) return;
        _buckets = null;
        throw new FencedException(
            $"The log '{log}' does not end before offset {first} in epoch {epoch}, or its buckets are gone: others write.");
    }

    /// <inheritdoc/>
    /// <remarks>Retracted and expired messages are left out, replaced ones are not: a gateway that follows the log has them
    /// too.</remarks>
    public Task<LogPage> ReadAsync(
        string log, long after, long head, int maxMessages, int maxBytes, CancellationToken cancellation) =>
        database.ReadAsync(
            async connection =>
            {
                var rows = (await connection.QueryAsync<ChannelRow>(new(
                    $"""
                    SELECT {ChannelRow.Columns}, candidates AS Candidates
                    FROM (
                        SELECT log_id, "offset", bucket, size, count(*) OVER () AS candidates,
                            sum(size) OVER (ORDER BY "offset") AS total
                        FROM (
                            SELECT log_id, "offset", bucket, length(payload) AS size FROM channel_message
                            WHERE log_id = (SELECT id FROM log WHERE name = @log) AND "offset" > @after AND "offset" <= @head
                                AND NOT is_retracted AND (expires_at IS NULL OR expires_at > @now)
                            ORDER BY "offset" LIMIT @maxMessages) AS next) AS fitting
                    JOIN channel_message m
                        ON m.log_id = fitting.log_id AND m."offset" = fitting."offset" AND m.bucket = fitting.bucket
                    WHERE total <= @maxBytes OR total = size
                    ORDER BY m."offset"
                    """,
                    new { log, after, head, maxMessages, maxBytes, now = StoredTime.Now(_time) },
                    cancellationToken: cancellation))).AsList();
                var isCut = rows.Count > 0 && (rows.Count < rows[0].Candidates || rows[0].Candidates == maxMessages);
                return new LogPage([.. rows.Select(row => row.ToMessage())], after, isCut ? rows[^1].Offset : head);
            },
            cancellation);

    /// <summary>How a message would be taken back; null: there is none, or not any more.</summary>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public Task<Retraction?> FindAsync(string log, string channel, long offset, CancellationToken cancellation) =>
        database.ReadAsync(
            async connection =>
            {
                var buckets = (await connection.QueryAsync<int>(new(
                    """
                    SELECT bucket FROM channel_message
                    WHERE log_id = (SELECT id FROM log WHERE name = @log) AND "offset" = @offset AND channel = @channel
                        AND retracts IS NULL AND NOT is_retracted AND (expires_at IS NULL OR expires_at > @now)
                    """,
                    new { log, channel, offset, now = StoredTime.Now(_time) },
                    cancellationToken: cancellation))).AsList();
                return buckets is [var bucket] ? new Retraction(channel, offset, new Bucket(bucket).Retention) : null;
            },
            cancellation);

    private Task<ChannelHead?> FindAsync(string log, CancellationToken cancellation) => database.ReadAsync(
        async connection =>
        {
            var begun = _time.GetTimestamp();
            var found = await connection.QuerySingleOrDefaultAsync<HeadRow>(
                new(HeadSql, new { log }, cancellationToken: cancellation));
            if (found is null) return null;
            _buckets = new KnownBuckets(found.Buckets, begun);
            return new ChannelHead(found.Epoch, found.DroppedTo + 1, found.Head, found.EpochStart, found.Logs);
        },
        cancellation);

    private async Task<CurrentBuckets> BucketsAsync(CancellationToken cancellation)
    {
        if (_buckets is { } known && _time.GetElapsedTime(known.ReadAt) < BucketsAge) return known.Buckets;
        return await database.ReadAsync(
            async connection =>
            {
                var begun = _time.GetTimestamp();
                var found = await connection.QuerySingleAsync<HeadRow>(
                    new($"SELECT {BucketsSql}", cancellationToken: cancellation));
                _buckets = new KnownBuckets(found.Buckets, begun);
                return found.Buckets;
            },
            cancellation);
    }

    private sealed record KnownBuckets(CurrentBuckets Buckets, long ReadAt);

    private sealed class HeadRow
    {
        public string Epoch { get; init; } = "";
        public long Head { get; init; }
        public long DroppedTo { get; init; }
        public long? EpochStart { get; init; }
        public int Logs { get; init; }
        public long Hour { get; init; }
        public long Day { get; init; }
        public long Week { get; init; }
        public long Month { get; init; }

        public CurrentBuckets Buckets => new(Hour, Day, Week, Month);
    }
}
