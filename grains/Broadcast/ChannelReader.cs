using System.Data.Common;
using System.Globalization;
using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Broadcast;

/// <summary>Reads single channels of a log by its index, for clients that come back and for history.</summary>
public sealed class ChannelReader(Database database, TimeProvider? time = null)
{
    private const string LogId = "(SELECT id FROM log WHERE name = @log)";

    // The sign keeps the key (log, offset) from being used where the index (channel, offset) is meant.
    private const string OfLog = $"+m.log_id = {LogId}";

    // What was retracted, has expired or was replaced by a newer message with the same key counts as not retained.
    private const string Retained =
        """
        NOT m.is_retracted AND (m.expires_at IS NULL OR m.expires_at > @now)
        AND (m.key IS NULL OR NOT EXISTS (
            SELECT 1 FROM channel_message n
            WHERE n.channel = m.channel AND n.key = m.key AND n."offset" > m."offset" AND +n.log_id = m.log_id))
        """;

    // Of a channel: the newest message that is too many.
    private const string Floor =
        $"""
        SELECT m."offset" FROM channel_message m
        WHERE {OfLog} AND m.channel = @name AND m."offset" > @after AND m."offset" <= @head AND m.retracts IS NULL
        ORDER BY m."offset" DESC LIMIT 1 OFFSET @limit
        """;

    private const string Next =
        $"""
        SELECT m."offset" AS "Offset", m.bucket AS Bucket, length(m.payload) AS Size FROM channel_message m
        WHERE {OfLog} AND m.channel = @name AND m."offset" > @after AND m."offset" <= @head
            AND (m."offset" > @floor OR m.retracts IS NOT NULL) AND {Retained}
        ORDER BY m."offset" LIMIT @max
        """;

    // A reader of a pattern that lags by no more looks through the log. A longer way may lead through millions of messages of
    // others, so it is looked for by the names.
    private const int NearMessages = 20_000;

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>What is retained of some channels, oldest first.</summary>
    /// <param name="log">The log.</param>
    /// <param name="state">Where it stands.</param>
    /// <param name="ranges">Its channels.</param>
    /// <param name="maxMessages">How many.</param>
    /// <param name="maxBytes">How much payload, but at least one message if there is one.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ListRefusedException">Too many at a time, or it took too long.</exception>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public Task<ChannelMessages> ReadAsync(
        string log, ChannelHead state, ChannelRange[] ranges, int maxMessages, int maxBytes, CancellationToken cancellation)
    {
        var query = new Query(log, state.Head, StoredTime.Now(_time), maxMessages);
        return database.ListAsync(
            async connection =>
            {
                var floors = await FloorsAsync(connection, query, ranges);
                var found = await FindAsync(connection, query, ranges, floors);
                var (taken, to) = Take(found, query, maxBytes);
                var messages = await LoadAsync(connection, log, taken);
                // After the messages: what is dropped meanwhile is named, whether or not it is among them.
                var dropped = await DroppedAsync(connection, log);
                var droppedTo = ranges.Select((range, index) => Math.Max(
                    floors[index], dropped.GetValueOrDefault(range.Retention) is var age && age > range.After ? age : 0));
                return new ChannelMessages(state.Epoch, to, state.Head, messages, [.. droppedTo]);
            },
            cancellation);
    }

    /// <summary>A page of one channel backwards.</summary>
    /// <exception cref="ListRefusedException">Too many at a time, or it took too long.</exception>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public Task<ChannelPage> ReadHistoryAsync(
        string log, ChannelHead state, string channel, long? before, int limit, int? historyLimit, int maxBytes,
        CancellationToken cancellation) => database.ListAsync(
        async connection =>
        {
            var floor = historyLimit is not { } most ? 0
                : await connection.ExecuteScalarAsync<long?>(
                    Floor, new { log, name = channel, after = 0L, head = state.Head, limit = most }) ?? 0;
            var rows = (await connection.QueryAsync<Found>(
                $"""
                SELECT m."offset" AS "Offset", m.bucket AS Bucket, length(m.payload) AS Size FROM channel_message m
                WHERE {OfLog} AND m.channel = @channel AND m."offset" < @end AND m."offset" > @floor
                    AND m.retracts IS NULL AND {Retained}
                ORDER BY m."offset" DESC LIMIT @max
                """,
                new
                {
                    log,
                    channel,
                    floor,
                    end = Math.Min(before ?? long.MaxValue, state.Head + 1),
                    now = StoredTime.Now(_time),
                    max = limit + 1,
                })).AsList();
            var count = Fitting(rows, limit, maxBytes);
            return new ChannelPage(
                state.Epoch, await LoadAsync(connection, log, rows[..count]), HasMore: rows.Count > count);
        },
        cancellation);

    /// <summary>For each range: up to which offset the history limit keeps messages back; 0: none.</summary>
    private async Task<long[]> FloorsAsync(DbConnection connection, Query query, ChannelRange[] ranges)
    {
        var floors = new long[ranges.Length];
        var names = new List<int>();
        foreach (var (index, range) in ranges.Index())
        {
            if (range.HistoryLimit is not { } limit) continue;
            if (!IsPattern(range))
            {
                names.Add(index);
                continue;
            }

            floors[index] = await connection.ExecuteScalarAsync<long?>(
                $"""SELECT max("offset") FROM ({Below(range, query)}) AS ranked WHERE place > @limit AND retracts IS NULL""",
                query.Of(range, limit)) ?? 0;
        }

        if (!database.IsPostgres)
        {
            foreach (var index in names)
            {
                floors[index] = await connection.ExecuteScalarAsync<long?>(
                    Floor, query.Of(ranges[index], floor: 0, ranges[index].HistoryLimit!.Value)) ?? 0;
            }
        }
        else if (names.Count > 0)
        {
            var sql = Floor.Replace("@name", "r.name", StringComparison.Ordinal)
                .Replace("@after", "r.after", StringComparison.Ordinal).Replace("@limit", "r.most", StringComparison.Ordinal);
            var found = await connection.QueryAsync<(int Index, long Floor)>(
                $"""
                SELECT r.index, coalesce(({sql}), 0)
                FROM unnest(@names, @indexes, @afters, @limits) AS r (name, index, after, most)
                """,
                new
                {
                    log = query.Log,
                    head = query.Head,
                    indexes = names.ToArray(),
                    names = names.Select(index => ranges[index].Name).ToArray(),
                    afters = names.Select(index => ranges[index].After).ToArray(),
                    limits = names.Select(index => (long)ranges[index].HistoryLimit!.Value).ToArray(),
                });
            foreach (var (index, floor) in found) floors[index] = floor;
        }

        return floors;
    }

    /// <summary>The oldest messages of each range, up to the limit; of all names together where the database can do it.</summary>
    private async Task<List<List<Found>>> FindAsync(
        DbConnection connection, Query query, ChannelRange[] ranges, long[] floors)
    {
        var found = new List<List<Found>>();
        var names = new List<int>();
        foreach (var (index, range) in ranges.Index())
        {
            if (IsPattern(range))
            {
                found.Add((await connection.QueryAsync<Found>(
                    $"""
                    SELECT m."offset" AS "Offset", m.bucket AS Bucket, length(m.payload) AS Size
                    FROM ({Below(range, query)}) AS m
                    WHERE (m.place <= @limit OR m.retracts IS NOT NULL) AND {Retained}
                    ORDER BY m."offset" LIMIT @max
                    """,
                    query.Of(range, range.HistoryLimit ?? 0))).AsList());
            }
            else if (database.IsPostgres)
            {
                names.Add(index);
            }
            else
            {
                found.Add((await connection.QueryAsync<Found>(Next, query.Of(range, floors[index], limit: 0))).AsList());
            }
        }

        if (names.Count == 0) return found;
        var sql = Next.Replace("@name", "r.name", StringComparison.Ordinal)
            .Replace("@after", "r.after", StringComparison.Ordinal).Replace("@floor", "r.floor", StringComparison.Ordinal);
        found.Add((await connection.QueryAsync<Found>(
            $"""
            SELECT found.* FROM unnest(@names, @afters, @floors) AS r (name, after, floor)
            CROSS JOIN LATERAL ({sql}) AS found
            ORDER BY 1 LIMIT @max
            """,
            new
            {
                log = query.Log,
                head = query.Head,
                now = query.Now,
                max = query.Max,
                names = names.Select(index => ranges[index].Name).ToArray(),
                afters = names.Select(index => ranges[index].After).ToArray(),
                floors = names.Select(index => floors[index]).ToArray(),
            })).AsList());
        return found;
    }

    /// <summary>The oldest of all, and up to which offset that is everything.</summary>
    private static (List<Found> Taken, long To) Take(List<List<Found>> sources, Query query, int maxBytes)
    {
        // What fills its limit may have more behind.
        var to = query.Head;
        foreach (var source in sources)
            if (source.Count == query.Max) to = Math.Min(to, source[^1].Offset);
        var all = sources.SelectMany(source => source).Where(row => row.Offset <= to)
            .DistinctBy(row => row.Offset).OrderBy(row => row.Offset).ToList();
        var count = Fitting(all, query.Max, maxBytes);
        return count < all.Count ? (all[..count], all[count].Offset - 1) : (all, to);
    }

    private static int Fitting(List<Found> rows, int max, int maxBytes)
    {
        var bytes = 0L;
        for (var count = 0; count < rows.Count; count++)
        {
            bytes += rows[count].Size;
            if (count == max || (bytes > maxBytes && count > 0)) return count;
        }

        return rows.Count;
    }

    private static async Task<Message[]> LoadAsync(DbConnection connection, string log, List<Found> rows)
    {
        if (rows.Count == 0) return [];
        // Numbers of the database's own.
        var offsets = string.Join(',', rows.Select(row => row.Offset.ToString(CultureInfo.InvariantCulture)));
        var buckets = string.Join(',', rows.Select(row => row.Bucket).Distinct());
        var loaded = await connection.QueryAsync<ChannelRow>(
            $"""
            SELECT {ChannelRow.Columns} FROM channel_message m
            WHERE m.log_id = {LogId} AND m."offset" IN ({offsets}) AND m.bucket IN ({buckets}) ORDER BY m."offset"
            """,
            new { log });
        return [.. loaded.Select(row => row.ToMessage())];
    }

    private static async Task<Dictionary<Retention, long>> DroppedAsync(DbConnection connection, string log) =>
        (await connection.QueryAsync<(int Retention, long To)>(
            "SELECT class, dropped_to FROM log_dropped WHERE log_id = (SELECT id FROM log WHERE name = @log)", new { log }))
        .ToDictionary(row => (Retention)row.Retention, row => row.To);

    /// <summary>Messages of all channels below a pattern, with each one's place from the newest of its channel, if that is
    /// limited.</summary>
    private string Below(ChannelRange range, Query query)
    {
        var isNear = query.Head - range.After <= NearMessages;
        // A sign keeps SQLite, which has no statistics, from the other way.
        var (ofLog, offset) = isNear ? ($"m.log_id = {LogId}", "m.\"offset\"") : (OfLog, "+m.\"offset\"");
        var channel = isNear && !database.IsPostgres ? "+m.channel" : "m.channel";
        var place = range.HistoryLimit is null ? "0"
            : "sum(CASE WHEN m.retracts IS NULL THEN 1 ELSE 0 END) OVER (PARTITION BY m.channel ORDER BY m.\"offset\" DESC)";
        return
            $"""
            SELECT m.*, {place} AS place FROM channel_message m
            WHERE {ofLog} AND {channel} >= @first AND {channel} < @end AND {offset} > @after AND {offset} <= @head
            """;
    }

    private static bool IsPattern(ChannelRange range) => ChannelName.IsPattern(range.Name);

    private sealed class Found
    {
        public long Offset { get; init; }
        public int Bucket { get; init; }
        public long Size { get; init; }
    }

    private sealed record Query(string Log, long Head, long Now, int Max)
    {
        public object Of(ChannelRange range, long floor, int limit) =>
            new { log = Log, head = Head, now = Now, max = Max, name = range.Name, after = range.After, floor, limit };

        public object Of(ChannelRange range, int limit)
        {
            var first = ChannelName.PrefixOf(range.Name);
            // The character after the colon: all names below, and nothing else, lie between.
            var end = first[..^1] + (char)(first[^1] + 1);
            return new { log = Log, head = Head, now = Now, max = Max, after = range.After, limit, first, end };
        }
    }
}
