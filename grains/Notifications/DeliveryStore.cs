using System.Data.Common;
using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Notifications;

/// <summary>
/// To how many clients the notifications were sent, as ranges of offsets: what a gateway sends in a second is a row or two,
/// however many messages and clients that were.
/// </summary>
public sealed class DeliveryStore(Database database, ReportPositions positions, TimeProvider time)
{
    private const int BatchSize = 500;

    // Only the public channel's deliveries are counted.
    private const string OfChannel = $"channel = '{GrainKeys.PublicChannel}'";

    // 16 to the 6th are 17 million messages; what is longer is cut. Each power is a search for every notification that is read.
    private static readonly long[] Spans = [1, 1 << 4, 1 << 8, 1 << 12, 1 << 16, 1 << 20, 1 << 24];

    /// <summary>SQL for the clients that the notification with this id was sent to.</summary>
    /// <param name="id">An expression, part of the SQL.</param>
    public static string ClientsOf(string id)
    {
        // A range of a span that contains the offset begins less than that span before it. Each span by itself, and as a number
        // that stands there: joined with a list of them, PostgreSQL reads the whole table.
        var found = Spans.Select(span =>
            $"SELECT clients FROM delivery WHERE span = {span} "
            + $"AND first_offset BETWEEN {id} - {span - 1} AND {id} AND last_offset >= {id}");
        return $"(SELECT CAST(coalesce(sum(clients), 0) AS bigint) FROM ({string.Join(" UNION ALL ", found)}) AS around)";
    }

    /// <summary>
    /// Adds a gateway's report once, and marks the pending notifications in it as delivered. False: nothing was added, because
    /// the report was added before, or has no notification in its ranges, or has offsets of an earlier log.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The same report may be offered again.</exception>
    public async Task<bool> AddAsync(DeliveryReport report, CancellationToken cancellation = default)
    {
        // Before any transaction: where only lines are pushed, no call must wait for a commit that stores nothing.
        var ranges = await database.ReadAsync(connection => NarrowAsync(connection, report.Ranges), cancellation);
        if (ranges.Count == 0) return false;
        return await database.WriteAsync(
            async (connection, transaction) =>
            {
                var isOfThisLog = await connection.ExecuteScalarAsync<bool>(
                    "SELECT EXISTS (SELECT 1 FROM log WHERE name = @PublicChannel AND epoch = @Epoch)",
                    new { GrainKeys.PublicChannel, report.Epoch },
                    transaction);
                var number = new ReportNumber(report.GatewayId, ReportKind.Deliveries, report.Sequence);
                if (!isOfThisLog || !await positions.TakeAsync(connection, transaction, number)) return false;
                var now = time.GetUtcNow();
                foreach (var range in ranges)
                    await MarkDeliveredAsync(connection, transaction, range.First, range.Last, now);
                await InsertAsync(connection, transaction, ranges);
                return true;
            },
            cancellation);
    }

    /// <summary>Deletes the ranges of notifications that are no longer kept. Returns how many rows were deleted.</summary>
    public async Task<long> SweepAsync(CancellationToken cancellation = default)
    {
        var oldest = await database.ReadAsync(
            connection => connection.ExecuteScalarAsync<long?>($"SELECT min(id) FROM notification WHERE {OfChannel}"),
            cancellation) ?? long.MaxValue;
        long deleted = 0;
        foreach (var span in Spans)
        {
            deleted += await BatchedDelete.RunAsync(
                database, "delivery", "span, first_offset, last_offset",
                "span = @span AND first_offset <= @end ORDER BY first_offset", new { span, end = oldest - span }, BatchSize,
                cancellation);
        }

        return deleted;
    }

    /// <summary>As a part of a transaction, marks those pending in the range, both ends included, as delivered. Answers how
    /// many those were.</summary>
    public static Task<int> MarkDeliveredAsync(
        DbConnection connection, DbTransaction transaction, long firstId, long lastId,
        DateTimeOffset at) => connection.ExecuteAsync(
        $"""
        UPDATE notification SET status = 'delivered', delivered_at = @at, updated_at = @at
        WHERE {OfChannel} AND id BETWEEN @firstId AND @lastId AND status = 'pending'
        """,
        new { firstId, lastId, at = at.ToStored() },
        transaction);

    /// <summary>Each range from the first notification in it to the last; those without any left out.</summary>
    private static async Task<List<DeliveredRange>> NarrowAsync(DbConnection connection, DeliveredRange[] ranges)
    {
        List<DeliveredRange> narrow = [];
        foreach (var range in ranges)
        {
            // One by one: asked for both at once, SQLite reads all that lie between.
            var (first, last) = await connection.QuerySingleAsync<(long? First, long? Last)>(
                $"""
                SELECT (SELECT min(id) FROM notification WHERE {OfChannel} AND id BETWEEN @First AND @Last),
                    (SELECT max(id) FROM notification WHERE {OfChannel} AND id BETWEEN @First AND @Last)
                """,
                new { range.First, range.Last });
            if (first is { } from && last is { } to) narrow.Add(new DeliveredRange(from, to, range.Clients));
        }

        return narrow;
    }

    private static async Task InsertAsync(DbConnection connection, DbTransaction transaction, IEnumerable<DeliveredRange> ranges)
    {
        var rows = ranges.SelectMany(Cut)
            .Select(range => new
            {
                Span = Spans.First(span => span > range.Last - range.First),
                range.First,
                range.Last,
                range.Clients,
            })
            // In one order, so that the reports of two gateways cannot deadlock.
            .OrderBy(row => row.Span).ThenBy(row => row.First).ThenBy(row => row.Last);
        await connection.ExecuteAsync(
            """
            INSERT INTO delivery (span, first_offset, last_offset, clients) VALUES (@Span, @First, @Last, @Clients)
            ON CONFLICT (span, first_offset, last_offset) DO UPDATE SET clients = delivery.clients + excluded.clients
            """,
            rows,
            transaction);
    }

    private static IEnumerable<DeliveredRange> Cut(DeliveredRange range)
    {
        for (var first = range.First; first <= range.Last; first += Spans[^1])
            yield return range with { First = first, Last = Math.Min(range.Last, first + Spans[^1] - 1) };
    }
}
