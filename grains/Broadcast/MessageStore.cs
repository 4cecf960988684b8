using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Broadcast;

/// <summary>The channels' logs: append-only rows (channel, offset), one durable transaction per batch.</summary>
public sealed class MessageStore(Database database, TimeProvider? time = null)
{
    /// <summary>How long idempotency keys are remembered.</summary>
    public static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(24);

    // Rows that one sweep transaction deletes. SQLite has one writer, so a publish may wait this long for it (about 10 ms).
    private const int SweepRows = 1000;

    private const string HeadSql = """
        SELECT epoch AS Epoch,
            coalesce((SELECT min("offset") FROM message WHERE channel_id = channel.id), 1) AS FirstRetained,
            coalesce((SELECT max("offset") FROM message WHERE channel_id = channel.id), 0) AS Head,
            (SELECT start_offset FROM channel_epoch WHERE channel_id = channel.id AND epoch = channel.epoch) AS EpochStart
        FROM channel WHERE name = @channel
        """;

    // The unique key alone would let in an activation that slept through so much that its offsets have been written, swept and
    // are free again, and one that does not know the log's new epoch.
    private const string FenceSql = """
        SELECT id FROM channel
        WHERE name = @channel AND epoch = @epoch
            AND @first = 1 + coalesce((SELECT max("offset") FROM message WHERE channel_id = channel.id), 0)
        """;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly EpochStore _epochs = new(database, time);

    private long Now => StoredTime.Now(_time);

    /// <summary>Where the channel stands; makes the channel, with a new epoch, when it does not exist.</summary>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public async Task<ChannelHead> OpenAsync(string channel, CancellationToken cancellation)
    {
        if (await FindAsync(channel, cancellation) is { } found) return found;
        await _epochs.BeginAsync(channel, cancellation);
        return await FindAsync(channel, cancellation)
            ?? throw new StorageUnavailableException($"The channel '{channel}' no longer exists.");
    }

    /// <summary>
    /// Appends consecutive messages, with the rows of those that are notifications and the idempotency keys used, in one durable
    /// transaction.
    /// </summary>
    /// <exception cref="FencedException">Another activation has already written one of these offsets or keys, or the channel
    /// does not end just before them in this epoch: nothing was written.</exception>
    /// <exception cref="NotStorableException">The database refuses some of the values: nothing was written.</exception>
    /// <exception cref="StorageUnavailableException">The database failed; whether it committed is unknown.</exception>
    public async Task AppendAsync(
        string channel,
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
        var guard = new RowGuard(FenceSql, "channel", [("channel", channel), ("epoch", epoch), ("first", first)]);
        List<GuardedRows> tables = [LogRows.Messages(messages, now)];
        if (notifications.Count > 0) tables.Add(LogRows.Notifications(channel, notifications));
        if (keys.Count > 0) tables.Add(LogRows.Keys(keys, now));
        if (!await database.InsertGuardedAsync(guard, tables, cancellation))
        {
            throw new FencedException(
                $"The channel '{channel}' does not end before offset {first} in epoch {epoch}: others have written.");
        }
    }

    /// <summary>
    /// Messages above <paramref name="after"/>, up to a number and a size of payload, but at least one if there is one.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public Task<Message[]> ReadAsync(string channel, long after, int maxMessages, int maxBytes, CancellationToken cancellation) =>
        database.ReadAsync(
            async connection =>
            {
                // The database adds up the sizes: a reader that stops early would still be sent the rest of the rows.
                var rows = await connection.QueryAsync<(long Offset, byte[] Payload, bool IsNotification)>(new(
                    """
                    SELECT m."offset", m.payload, m.is_notification
                    FROM (
                        SELECT channel_id, "offset", length(payload) AS size,
                            sum(length(payload)) OVER (ORDER BY "offset") AS total
                        FROM (
                            SELECT channel_id, "offset", payload FROM message
                            WHERE channel_id = (SELECT id FROM channel WHERE name = @channel) AND "offset" > @after
                            ORDER BY "offset" LIMIT @maxMessages) AS next) AS fitting
                    JOIN message m ON m.channel_id = fitting.channel_id AND m."offset" = fitting."offset"
                    WHERE total <= @maxBytes OR total = size
                    ORDER BY m."offset"
                    """,
                    new { channel, after, maxMessages, maxBytes },
                    cancellationToken: cancellation));
                return rows.Select(row => new Message(row.Offset, row.Payload, row.IsNotification)).ToArray();
            },
            cancellation);

    /// <summary>What was given to a publish with this key; null when it is new (or too old to be remembered).</summary>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public Task<PublishKey?> FindKeyAsync(string channel, string key, CancellationToken cancellation) => database.ReadAsync(
        async connection =>
        {
            var found = await connection.QueryAsync<(long FirstOffset, int Count, byte[]? RequestHash)>(new(
                """
                SELECT k.first_offset, k.count, k.request_hash FROM publish_key k JOIN channel c ON c.id = k.channel_id
                WHERE c.name = @channel AND k.key = @key
                """,
                new { channel, key },
                cancellationToken: cancellation));
            return found.Select(row => new PublishKey(key, row.FirstOffset, row.Count, row.RequestHash)).FirstOrDefault();
        },
        cancellation);

    /// <summary>
    /// Deletes, in small batches, what is older or more than allowed, never the newest message, and forgets old keys. Answers the
    /// oldest offset left.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The database failed; what was deleted until then stays deleted.</exception>
    public async Task<long> SweepAsync(
        string channel, DateTimeOffset olderThan, DateTimeOffset keysOlderThan, long keepNewest, CancellationToken cancellation)
    {
        var opened = await OpenAsync(channel, cancellation);
        var (first, head) = (opened.FirstRetained, opened.Head);
        while (first < head)
        {
            var end = Math.Min(first + SweepRows, head);
            var keep = await SweepMessagesAsync(channel, first, end, head - keepNewest, olderThan, cancellation);
            first = keep;
            if (keep < end) break;
        }

        while (await SweepKeysAsync(channel, keysOlderThan, cancellation) == SweepRows)
        {
        }

        return first;
    }

    private Task<ChannelHead?> FindAsync(string channel, CancellationToken cancellation) => database.ReadAsync(
        async connection =>
        {
            var found = await connection.QueryAsync<(string Epoch, long FirstRetained, long Head, long? EpochStart)>(
                new(HeadSql, new { channel }, cancellationToken: cancellation));
            return found.Select(row => new ChannelHead(row.Epoch, row.FirstRetained, row.Head, row.EpochStart)).FirstOrDefault();
        },
        cancellation);

    /// <summary>
    /// Deletes from <paramref name="first"/> up to the first message to keep, or up to <paramref name="end"/>; answers where it
    /// stopped.
    /// </summary>
    private Task<long> SweepMessagesAsync(
        string channel, long first, long end, long surplus, DateTimeOffset olderThan,
        CancellationToken cancellation) => database.WriteAsync(
        async (connection, transaction) =>
        {
            // Only ever a run from the start: with a clock that was once set back, deleting by age alone would tear holes.
            var keep = await connection.ExecuteScalarAsync<long>(new(
                """
                SELECT coalesce(min("offset"), @end) FROM message
                WHERE channel_id = (SELECT id FROM channel WHERE name = @channel)
                    AND "offset" >= @first AND "offset" < @end AND "offset" > @surplus AND created_at >= @cutoff
                """,
                new { channel, first, end, surplus, cutoff = olderThan.ToStored() },
                transaction,
                cancellationToken: cancellation));
            await connection.ExecuteAsync(new(
                """
                DELETE FROM message
                WHERE channel_id = (SELECT id FROM channel WHERE name = @channel) AND "offset" >= @first AND "offset" < @keep
                """,
                new { channel, first, keep },
                transaction,
                cancellationToken: cancellation));
            return keep;
        },
        cancellation);

    private Task<int> SweepKeysAsync(
        string channel, DateTimeOffset olderThan, CancellationToken cancellation) => database.WriteAsync(
        (connection, transaction) => connection.ExecuteAsync(new(
            """
            DELETE FROM publish_key WHERE (channel_id, key) IN (
                SELECT k.channel_id, k.key FROM publish_key k JOIN channel c ON c.id = k.channel_id
                WHERE c.name = @channel AND k.created_at < @cutoff
                LIMIT @SweepRows)
            """,
            new { channel, cutoff = olderThan.ToStored(), SweepRows },
            transaction,
            cancellationToken: cancellation)),
        cancellation);
}
