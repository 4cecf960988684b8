using System.Buffers.Text;
using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Storage;

/// <summary>The channels' logs: append-only rows (channel, offset), one durable transaction a batch.</summary>
public sealed class MessageStore(Database database, TimeProvider? clock = null)
{
    /// <summary>How long idempotency keys are remembered.</summary>
    public static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(24);

    // Rows a sweeping transaction deletes: SQLite has one writer, so this is how long a publish may wait for a sweep (about 10 ms).
    private const int SweepRows = 1000;

    private const string HeadSql = """
        SELECT epoch AS Epoch,
            coalesce((SELECT min("offset") FROM message WHERE channel_id = channel.id), 1) AS FirstRetained,
            coalesce((SELECT max("offset") FROM message WHERE channel_id = channel.id), 0) AS Head
        FROM channel WHERE name = @channel
        """;

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Where the channel stands; makes the channel, with a new epoch, when it does not exist.</summary>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public async Task<ChannelHead> OpenAsync(string channel, CancellationToken cancellation) =>
        await FindAsync(channel, cancellation) ?? await MakeAsync(channel, cancellation);

    /// <summary>
    /// Appends consecutive messages, with the rows of those that are notifications and the idempotency keys used, in one durable
    /// transaction.
    /// </summary>
    /// <exception cref="FencedException">Another activation has already written one of these offsets or keys, or the channel
    /// does not end just before them: nothing was written.</exception>
    /// <exception cref="StorageUnavailableException">The database failed; whether it committed is unknown.</exception>
    public Task AppendAsync(
        string channel,
        IReadOnlyList<Message> messages,
        IReadOnlyList<Notification> notifications,
        IReadOnlyList<PublishKey> keys,
        CancellationToken cancellation)
    {
        if (messages.Count == 0) return Task.CompletedTask;
        for (var i = 1; i < messages.Count; i++)
        {
            if (messages[i].Offset != messages[0].Offset + i)
                throw new ArgumentException($"Offset {messages[i].Offset} does not follow {messages[i - 1].Offset}.", nameof(messages));
        }

        return database.WriteAsync(
            async (connection, transaction) =>
            {
                var channelId = await FenceAsync(connection, transaction, channel, messages[0].Offset, cancellation);
                await InsertMessagesAsync(connection, transaction, channelId, messages, cancellation);
                if (notifications.Count > 0) await InsertNotificationsAsync(connection, transaction, notifications, cancellation);
                if (keys.Count > 0) await InsertKeysAsync(connection, transaction, channelId, keys, cancellation);
                return messages.Count;
            },
            cancellation);
    }

    /// <summary>
    /// Messages above <paramref name="after"/>, at most so many and so many bytes of payload, but at least one if there is one.
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

    /// <summary>What was answered to a publish with this key; null when it is new (or too old to be remembered).</summary>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public Task<PublishResult?> FindKeyAsync(string channel, string key, CancellationToken cancellation) => database.ReadAsync(
        async connection =>
        {
            await using var reader = await connection.ExecuteReaderAsync(new CommandDefinition(
                """
                SELECT k.first_offset, k.count FROM publish_key k JOIN channel c ON c.id = k.channel_id
                WHERE c.name = @channel AND k.key = @key
                """,
                new { channel, key },
                cancellationToken: cancellation));
            return await reader.ReadAsync(cancellation)
                ? new PublishResult(reader.GetInt64(0), reader.GetInt32(1), Repeated: true)
                : null;
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
        var (_, first, head) = await OpenAsync(channel, cancellation);
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
        connection => connection.QuerySingleOrDefaultAsync<ChannelHead>(new(HeadSql, new { channel }, cancellationToken: cancellation)),
        cancellation);

    private Task<ChannelHead> MakeAsync(string channel, CancellationToken cancellation) => database.WriteAsync(
        async (connection, transaction) =>
        {
            var epoch = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(9));
            var made = await connection.ExecuteAsync(new(
                "INSERT INTO channel (name, epoch, created_at) VALUES (@channel, @epoch, @Now) ON CONFLICT (name) DO NOTHING",
                new { channel, epoch, Now },
                transaction,
                cancellationToken: cancellation));
            // What was sent of a log that was lost must not count for this one's offsets.
            if (made > 0 && channel == GrainKeys.PublicChannel)
                await connection.ExecuteAsync(new("DELETE FROM delivery", transaction: transaction, cancellationToken: cancellation));
            return await connection.QuerySingleAsync<ChannelHead>(
                new(HeadSql, new { channel }, transaction, cancellationToken: cancellation));
        },
        cancellation);

    /// <summary>
    /// The unique key alone would let in an activation that slept through so much that its offsets have been written, swept and
    /// are free again.
    /// </summary>
    private static async Task<long> FenceAsync(
        DbConnection connection, DbTransaction transaction, string channel, long first, CancellationToken cancellation) =>
        await connection.ExecuteScalarAsync<long?>(new(
            """
            SELECT id FROM channel
            WHERE name = @channel AND @first = 1 + coalesce((SELECT max("offset") FROM message WHERE channel_id = channel.id), 0)
            """,
            new { channel, first },
            transaction,
            cancellationToken: cancellation))
        ?? throw new FencedException(
            $"The channel '{channel}' does not end just before offset {first}: another activation has written to it.");

    private Task InsertMessagesAsync(
        DbConnection connection,
        DbTransaction transaction,
        long channelId,
        IReadOnlyList<Message> messages,
        CancellationToken cancellation)
    {
        var now = Now;
        return database.InsertAsync(
            connection,
            transaction,
            "message",
            [
                ("channel_id", Column(messages, _ => channelId)),
                ("\"offset\"", Column(messages, message => message.Offset)),
                ("created_at", Column(messages, _ => now)),
                ("is_notification", Column(messages, message => message.IsNotification)),
                ("payload", Column(messages, message => message.Payload)),
            ],
            cancellation);
    }

    private Task InsertNotificationsAsync(
        DbConnection connection,
        DbTransaction transaction,
        IReadOnlyList<Notification> notifications,
        CancellationToken cancellation) =>
        database.InsertAsync(
            connection,
            transaction,
            "notification",
            [
                ("id", Column(notifications, notification => notification.Id)),
                ("type", Column(notifications, notification => notification.Draft.Type)),
                ("title", Column(notifications, notification => notification.Draft.Title)),
                ("message", Column(notifications, notification => notification.Draft.Message)),
                ("severity", Column(notifications, notification => notification.Draft.Severity)),
                ("priority", Column(notifications, notification => notification.Draft.Priority)),
                ("icon", Column(notifications, notification => notification.Draft.Icon)),
                ("action_url", Column(notifications, notification => notification.Draft.ActionUrl)),
                ("repo", Column(notifications, notification => notification.Draft.Repo)),
                ("branch", Column(notifications, notification => notification.Draft.Branch)),
                ("commit_sha", Column(notifications, notification => notification.Draft.CommitSha)),
                ("metadata", Column(notifications, notification => notification.Draft.MetadataJson)),
                ("status", Column(notifications, notification => notification.Status)),
                ("created_at", Column(notifications, notification => notification.Draft.CreatedAt.ToUnixTimeMilliseconds())),
                ("updated_at", Column(notifications, notification => notification.UpdatedAt.ToUnixTimeMilliseconds())),
                ("delivered_at", Column(notifications, notification => notification.DeliveredAt?.ToUnixTimeMilliseconds())),
                ("read_at", Column(notifications, notification => notification.ReadAt?.ToUnixTimeMilliseconds())),
            ],
            cancellation);

    private Task InsertKeysAsync(
        DbConnection connection,
        DbTransaction transaction,
        long channelId,
        IReadOnlyList<PublishKey> keys,
        CancellationToken cancellation)
    {
        var now = Now;
        return database.InsertAsync(
            connection,
            transaction,
            "publish_key",
            [
                ("channel_id", Column(keys, _ => channelId)),
                ("key", Column(keys, key => key.Key)),
                ("first_offset", Column(keys, key => key.FirstOffset)),
                ("count", Column(keys, key => (long)key.Count)),
                ("created_at", Column(keys, _ => now)),
            ],
            cancellation);
    }

    private static TValue[] Column<TRow, TValue>(IReadOnlyList<TRow> rows, Func<TRow, TValue> value)
    {
        var column = new TValue[rows.Count];
        for (var row = 0; row < column.Length; row++) column[row] = value(rows[row]);
        return column;
    }

    /// <summary>
    /// Deletes from <paramref name="first"/> up to the first message to keep, or up to <paramref name="end"/>; answers where it
    /// stopped.
    /// </summary>
    private Task<long> SweepMessagesAsync(
        string channel, long first, long end, long surplus, DateTimeOffset olderThan, CancellationToken cancellation) => database.WriteAsync(
        async (connection, transaction) =>
        {
            // Only ever a run from the start: with a clock that was once set back, deleting by age alone would tear holes.
            var keep = await connection.ExecuteScalarAsync<long>(new(
                """
                SELECT coalesce(min("offset"), @end) FROM message
                WHERE channel_id = (SELECT id FROM channel WHERE name = @channel)
                    AND "offset" >= @first AND "offset" < @end AND "offset" > @surplus AND created_at >= @cutoff
                """,
                new { channel, first, end, surplus, cutoff = olderThan.ToUnixTimeMilliseconds() },
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

    private Task<int> SweepKeysAsync(string channel, DateTimeOffset olderThan, CancellationToken cancellation) => database.WriteAsync(
        (connection, transaction) => connection.ExecuteAsync(new(
            """
            DELETE FROM publish_key WHERE (channel_id, key) IN (
                SELECT k.channel_id, k.key FROM publish_key k JOIN channel c ON c.id = k.channel_id
                WHERE c.name = @channel AND k.created_at < @cutoff
                LIMIT @SweepRows)
            """,
            new { channel, cutoff = olderThan.ToUnixTimeMilliseconds(), SweepRows },
            transaction,
            cancellationToken: cancellation)),
        cancellation);
}

/// <summary>An idempotency key and what its publish was given.</summary>
public sealed record PublishKey(string Key, long FirstOffset, int Count);
