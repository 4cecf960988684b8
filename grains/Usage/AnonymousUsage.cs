using System.Data.Common;
using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Usage;

/// <summary>Requests of callers without a login: a sum per minute, address and endpoint. Kept apart from the records of known
/// callers, so that strangers cannot displace those.</summary>
public sealed class AnonymousUsage(Database database, SiloOptions options)
{
    private const int SweepBatch = 5_000;

    public Task<AnonymousPage> ListAsync(int page, int limit, CancellationToken cancellation = default) => database.ListAsync(
        async connection =>
        {
            var total = await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM api_anonymous");
            var skip = (page - 1L) * limit;
            if (skip >= total) return new AnonymousPage([], total);
            var rows = await connection.QueryAsync<Row>(
                """
                SELECT minute AS Minute, address AS Address, method AS Method, route AS Route, status AS Status,
                    requests AS Requests, duration_us AS Duration, longest_us AS Longest
                FROM api_anonymous ORDER BY minute DESC, address DESC, method DESC, route DESC, status DESC
                LIMIT @limit OFFSET @skip
                """,
                new { limit, skip });
            return new AnonymousPage([.. rows.Select(row => row.ToSum())], total);
        },
        cancellation);

    /// <summary>Deletes, in small batches, sums of earlier minutes, and the oldest of those beyond the bound.</summary>
    public async Task SweepAsync(DateTimeOffset earlierThan, CancellationToken cancellation = default)
    {
        var bound = await database.ReadAsync(
            connection => connection.ExecuteScalarAsync<long?>(
                "SELECT minute FROM api_anonymous ORDER BY minute DESC LIMIT 1 OFFSET @AnonymousRows",
                new { options.AnonymousRows }),
            cancellation);
        // Whole minutes: at the bound, those that share the minute of the first sum too many leave with it.
        var before = Math.Max(earlierThan.ToUnixTimeMilliseconds(), bound + 1 ?? 0);
        int batch;
        do
        {
            batch = await database.WriteAsync(
                (connection, transaction) => connection.ExecuteAsync(
                    """
                    DELETE FROM api_anonymous WHERE (minute, address, method, route, status) IN (
                        SELECT minute, address, method, route, status FROM api_anonymous
                        WHERE minute < @before ORDER BY minute LIMIT @SweepBatch)
                    """,
                    new { before, SweepBatch },
                    transaction),
                cancellation);
        }
        while (batch == SweepBatch);
    }

    internal static Task<int> AddAsync(
        DbConnection connection, DbTransaction transaction, AnonymousRequests[] sums) => connection.ExecuteAsync(
        """
        INSERT INTO api_anonymous (minute, address, method, route, status, requests, duration_us, longest_us)
        VALUES (@Minute, @Address, @Method, @Route, @Status, @Requests, @Duration, @Longest)
        ON CONFLICT (minute, address, method, route, status) DO UPDATE SET
            requests = api_anonymous.requests + excluded.requests,
            duration_us = api_anonymous.duration_us + excluded.duration_us,
            longest_us = CASE
                WHEN excluded.longest_us > api_anonymous.longest_us THEN excluded.longest_us
                ELSE api_anonymous.longest_us END
        """,
        sums.Select(Row.Of)
            // In one order, so that the batches of two gateways cannot deadlock.
            .OrderBy(row => row.Minute)
            .ThenBy(row => row.Address, StringComparer.Ordinal)
            .ThenBy(row => row.Method, StringComparer.Ordinal)
            .ThenBy(row => row.Route, StringComparer.Ordinal)
            .ThenBy(row => row.Status),
        transaction);

    /// <summary>Durations are microseconds.</summary>
    private sealed class Row
    {
        public long Minute { get; init; }
        public string Address { get; init; } = "";
        public string Method { get; init; } = "";
        public string Route { get; init; } = "";
        public long Status { get; init; }
        public long Requests { get; init; }
        public long Duration { get; init; }
        public long Longest { get; init; }

        public static Row Of(AnonymousRequests sum) => new()
        {
            Minute = sum.Minute.ToUnixTimeMilliseconds(),
            Address = sum.Address,
            Method = sum.Method,
            Route = sum.Route,
            Status = sum.Status,
            Requests = sum.Requests,
            Duration = (long)sum.Duration.TotalMicroseconds,
            Longest = (long)sum.Longest.TotalMicroseconds,
        };

        public AnonymousRequests ToSum() => new(
            DateTimeOffset.FromUnixTimeMilliseconds(Minute), Address, Method, Route, (int)Status, Requests,
            TimeSpan.FromMicroseconds(Duration), TimeSpan.FromMicroseconds(Longest));
    }
}
