using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Broadcast;

/// <summary>The log of <c>all</c>, and others without holes: append-only rows (log, offset), one durable transaction per
/// batch.</summary>
public sealed class MessageStore(Database database, TimeProvider? time = null) : ILogStore
{
    // Rows that one sweep transaction deletes. SQLite has one writer, so a publish may wait this long for it (about 10 ms).
    private const int SweepRows = 1000;

    private const string HeadSql = """
        SELECT epoch AS Epoch,
            coalesce((SELECT min("offset") FROM message WHERE log_id = log.id), 1) AS FirstRetained,
            coalesce((SELECT max("offset") FROM message WHERE log_id = log.id), 0) AS Head,
            (SELECT start_offset FROM log_epoch WHERE log_id = log.id AND epoch = log.epoch) AS EpochStart,
            (SELECT logs FROM log_layout) AS Logs
        FROM log WHERE name = @log
        """;

    // The unique key alone would let in an activation that slept through so much that its offsets have been written, swept and
    // are free again, and one that does not know the log's new epoch.
    private const string FenceSql = """
        SELECT id FROM log
        WHERE name = @log AND epoch = @epoch
            AND @first = 1 + coalesce((SELECT max("offset") FROM message WHERE log_id = log.id), 0)
        """;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly EpochStore _epochs = new(database, time);

    private long Now => StoredTime.Now(_time);

    /// <summary>Where the log stands; makes the log, with a new epoch, when it does not exist.</summary>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public async Task<ChannelHead> OpenAsync(string log, CancellationToken cancellation)
    {
        if (await FindAsync(log, cancellation) is { } found) return found;
        await _epochs.BeginAsync(log, cancellation);
        return await FindAsync(log, cancellation)
            ?? throw new StorageUnavailableException($"The log '{log}' no longer exists.");
    }

    /// <summary>
    /// Appends consecutive messages, with the rows of those that are notifications and the idempotency keys used, in one durable
    /// transaction.
    /// </summary>
    /// <exception cref="FencedException">Another activation has already written one of these offsets or keys, or the log
    /// does not end just before them in this epoch: nothing was written.</exception>
    /// <exception cref="NotStorableException">The database refuses some of the values: nothing was written.</exception>
    /// <exception cref="StorageUnavailableException">The database failed; whether it committed is unknown.</exception>
    public async Task AppendAsync(
        string log,
        string epoch,
        IReadOnlyList<Message> messages,
        IReadOnlyList<Notification> notifications,
        IReadOnlyList<PublishKey> keys,
        CancellationToken cancellation)
    {
        if (messages.Count == 0) return;
        for (var i = 1; i < messages.Count; i++)
        {
            if (messages[i].Offset != messages[0].Offset + i)
            {
                throw new ArgumentException(
                    $"Offset {messages[i].Offset} does not follow {messages[i - 1].Offset}.", nameof(messages));
            }
        }

        var first = messages[0].Offset;
        var now = Now;
        var guard = new RowGuard(FenceSql, "log", [("log", log), ("epoch", epoch), ("first", first)]);
        List<GuardedRows> tables = [LogRows.Messages(messages, now)];
        if (notifications.Count > 0) tables.Add(LogRows.Notifications(notifications));
        if (keys.Count > 0) tables.Add(LogRows.Keys(keys, now));
        if (!await database.InsertGuardedAsync(guard, tables, mark: null, cancellation))
        {
            throw new FencedException(
                $"The log '{log}' does not end before offset {first} in epoch {epoch}: others have written.");
        }
    }

    Task ILogStore.AppendAsync(string log, string epoch, LogAppend append, CancellationToken cancellation) =>
        AppendAsync(log, epoch, append.Messages, append.Notifications, append.Keys, cancellation);

    async Task<LogPage> ILogStore.ReadAsync(
        string log, long after, long head, int maxMessages, int maxBytes, CancellationToken cancellation)
    {
        var messages = await ReadAsync(log, after, maxMessages, maxBytes, cancellation);
        // No holes: what begins later than asked for says what is gone.
        return messages.Length == 0 ? new LogPage(messages, head, head)
            : new LogPage(messages, messages[0].Offset - 1, messages[^1].Offset);
    }

    /// <summary>
    /// Messages above <paramref name="after"/>, up to a number and a size of payload, but at least one if there is one.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public Task<Message[]> ReadAsync(string log, long after, int maxMessages, int maxBytes, CancellationToken cancellation) =>
        database.ReadAsync(
            async connection =>
            {
                // The database adds up the sizes: a reader that stops early would still be sent the rest of the rows.
                var rows = await connection.QueryAsync<(long Offset, byte[] Payload, bool IsNotification)>(new(
                    """
                    SELECT m."offset", m.payload, m.is_notification
                    FROM (
                        SELECT log_id, "offset", length(payload) AS size,
                            sum(length(payload)) OVER (ORDER BY "offset") AS total
                        FROM (
                            SELECT log_id, "offset", payload FROM message
                            WHERE log_id = (SELECT id FROM log WHERE name = @log) AND "offset" > @after
                            ORDER BY "offset" LIMIT @maxMessages) AS next) AS fitting
                    JOIN message m ON m.log_id = fitting.log_id AND m."offset" = fitting."offset"
                    WHERE total <= @maxBytes OR total = size
                    ORDER BY m."offset"
                    """,
                    new { log, after, maxMessages, maxBytes },
                    cancellationToken: cancellation));
                return rows.Select(row => new Message(row.Offset, row.Payload, row.IsNotification)).ToArray();
            },
            cancellation);

    /// <summary>
    /// Deletes, in small batches, what is older or more than allowed, never the newest message. Answers the oldest offset left.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The database failed; what was deleted until then stays deleted.</exception>
    public async Task<long> SweepAsync(
        string log, DateTimeOffset olderThan, long keepNewest, CancellationToken cancellation)
    {
        var opened = await OpenAsync(log, cancellation);
        var (first, head) = (opened.FirstRetained, opened.Head);
        while (first < head)
        {
            var end = Math.Min(first + SweepRows, head);
            var keep = await SweepMessagesAsync(log, first, end, head - keepNewest, olderThan, cancellation);
            first = keep;
            if (keep < end) break;
        }

        return first;
    }

    private Task<ChannelHead?> FindAsync(string log, CancellationToken cancellation) => database.ReadAsync(
        async connection =>
        {
            var found = await connection.QueryAsync<(string Epoch, long FirstRetained, long Head, long? EpochStart, int Logs)>(
                new(HeadSql, new { log }, cancellationToken: cancellation));
            return found
                .Select(row => new ChannelHead(row.Epoch, row.FirstRetained, row.Head, row.EpochStart, row.Logs))
                .FirstOrDefault();
        },
        cancellation);

    /// <summary>
    /// Deletes from <paramref name="first"/> up to the first message to keep, or up to <paramref name="end"/>; answers where it
    /// stopped.
    /// </summary>
    private Task<long> SweepMessagesAsync(
        string log, long first, long end, long surplus, DateTimeOffset olderThan,
        CancellationToken cancellation) => database.WriteAsync(
        async (connection, transaction) =>
        {
            // Only ever a run from the start: with a clock that was once set back, deleting by age alone would tear holes.
            var keep = await connection.ExecuteScalarAsync<long>(new(
                """
                SELECT coalesce(min("offset"), @end) FROM message
                WHERE log_id = (SELECT id FROM log WHERE name = @log)
                    AND "offset" >= @first AND "offset" < @end AND "offset" > @surplus AND created_at >= @cutoff
                """,
                new { log, first, end, surplus, cutoff = olderThan.ToStored() },
                transaction,
                cancellationToken: cancellation));
            await connection.ExecuteAsync(new(
                """
                DELETE FROM message
                WHERE log_id = (SELECT id FROM log WHERE name = @log) AND "offset" >= @first AND "offset" < @keep
                """,
                new { log, first, keep },
                transaction,
                cancellationToken: cancellation));
            return keep;
        },
        cancellation);
}
