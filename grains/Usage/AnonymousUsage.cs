using System.Data.Common;
using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Usage;

/// <summary>Requests of callers without a login: a sum per minute, address and endpoint. Kept apart from the records of known
/// callers, so that anonymous callers cannot displace those.</summary>
internal static class AnonymousUsage
{
    /// <summary>One page, newest first.</summary>
    public static async Task<AnonymousPage> PageAsync(DbConnection connection, int page, int limit)
    {
        var (rows, total) = await PagedRows.ReadAsync<Row>(
            connection,
            """
            minute AS Minute, address AS Address, method AS Method, route AS Route, status AS Status, requests AS Requests,
            duration_us AS Duration, longest_us AS Longest
            """,
            "api_anonymous",
            "minute DESC, address DESC, method DESC, route DESC, status DESC",
            arguments: null,
            page,
            limit);
        return new AnonymousPage([.. rows.Select(row => row.ToSum())], total);
    }

    public static Task<int> AddAsync(
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
            Minute = sum.Minute.ToStored(),
            Address = sum.Address,
            Method = sum.Method,
            Route = sum.Route,
            Status = sum.Status,
            Requests = sum.Requests,
            Duration = (long)sum.Duration.TotalMicroseconds,
            Longest = (long)sum.Longest.TotalMicroseconds,
        };

        public AnonymousRequests ToSum() => new(
            StoredTime.Of(Minute), Address, Method, Route, (int)Status, Requests,
            TimeSpan.FromMicroseconds(Duration), TimeSpan.FromMicroseconds(Longest));
    }
}
