using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Usage;

/// <summary>The log of API requests: a row per request of a known caller, as long as they are retained, sums of the others, and
/// sums per day and endpoint of all.</summary>
[StatelessWorker, Reentrant, GrainType("usage")]
public sealed class UsageGrain(Database database, ReportPositions positions, IOptions<SiloOptions> options, TimeProvider time)
    : Grain, IUsageGrain
{
    // More than a gateway sends at a time, so that the rows do not grow beyond their bound.
    private const int MaxLeaving = 5_000;
    private const int MaxEndpoints = 200;
    private const string Columns =
        """
        id AS Id, at AS At, who AS Who, method AS Method, path AS Path, route AS Route, status AS Status, duration_us AS Duration,
        address AS Address, user_agent AS UserAgent
        """;

    private readonly SiloOptions _options = options.Value;
    private readonly TimeZoneInfo _zone = options.Value.Zone();

    public Task RecordAsync(ApiRequestBatch batch) => database.WriteAsync(async (connection, transaction) =>
    {
        var number = new ReportNumber(batch.GatewayId, ReportKind.Usage, batch.Sequence);
        // False: it was added before.
        if (!await positions.TakeAsync(connection, transaction, number)) return false;

        await SumAsync(connection, transaction, batch);
        await AnonymousUsage.AddAsync(connection, transaction, batch.Anonymous);
        if (batch.Requests.Length == 0) return true;
        await InsertAsync(connection, transaction, batch.Requests);
        // As many leave at the old end as come at the new one: the bound holds at any rate of requests.
        await connection.ExecuteAsync(
            """
            DELETE FROM api_request WHERE id IN (
                SELECT id FROM api_request
                WHERE id <= (SELECT max(id) FROM api_request) - @UsageRows ORDER BY id LIMIT @MaxLeaving)
            """,
            new { _options.UsageRows, MaxLeaving },
            transaction);
        return true;
    });

    public Task<ApiRequestPage> RequestsAsync(ApiRequestQuery query)
    {
        if (!StoredText.CanMatch(query.Method, query.Path, query.Who, query.Search))
            return Task.FromResult(new ApiRequestPage([], 0));

        string[] searched = ["path", "who", "address", "user_agent"];
        var list = new ListQuery("api_request", "id, at, method, path, who, address, user_agent", "at DESC, id DESC")
            .Where(query.From is not null, "at >= @From")
            .Where(query.To is not null, "at < @To")
            .Where(query.LowestStatus is not null, "status >= @LowestStatus")
            .Where(query.HighestStatus is not null, "status <= @HighestStatus")
            .Where(query.Who is not null, "who = @Who")
            .Scan(query.Method is not null, "method = @Method")
            .Scan(query.Path is not null, Like.Matches("path", "@Path"))
            .Scan(query.Search is not null, Like.MatchesAny(searched, "@Pattern"));
        var arguments = new
        {
            From = query.From?.ToStored(),
            To = query.To?.ToStored(),
            query.Method,
            Path = Like.Prefix(query.Path),
            query.LowestStatus,
            query.HighestStatus,
            query.Who,
            Pattern = Like.Pattern(query.Search),
        };
        return database.ListAsync(async connection =>
        {
            var page = await list.RunAsync(connection, arguments, query.Page, query.Limit);
            if (page.Ids.Count == 0) return new ApiRequestPage([], page.Total, page.IsTruncated);
            var rows = await connection.QueryAsync<Row>(
                $"SELECT {Columns} FROM api_request WHERE {page.Condition} ORDER BY at DESC, id DESC");
            return new ApiRequestPage([.. rows.Select(row => row.ToRequest())], page.Total, page.IsTruncated);
        });
    }

    public Task<AnonymousPage> AnonymousAsync(int page, int limit) =>
        database.ListAsync(connection => AnonymousUsage.PageAsync(connection, page, limit));

    public Task<UsageSummary> SummaryAsync(int days)
    {
        var dates = StoredDay.Last(days, time.GetUtcNow(), _zone);
        return database.ListAsync(async connection =>
        {
            const string Sums =
                """
                CAST(sum(requests) AS bigint) AS Requests, CAST(sum(errors) AS bigint) AS Errors,
                CAST(sum(duration_us) AS bigint) AS Duration, max(longest_us) AS Longest
                """;
            var range = new { first = dates[0], last = dates[^1], MaxEndpoints };
            var perDay = (await connection.QueryAsync<Sum>(
                $"SELECT day AS Day, {Sums} FROM api_request_day WHERE day BETWEEN @first AND @last GROUP BY day", range))
                .ToDictionary(sum => sum.Day);
            var perEndpoint = await connection.QueryAsync<Sum>(
                $"""
                SELECT method AS Method, route AS Route, {Sums} FROM api_request_day WHERE day BETWEEN @first AND @last
                GROUP BY method, route ORDER BY sum(requests) DESC, route, method LIMIT @MaxEndpoints
                """,
                range);
            return new UsageSummary(
                [.. dates.Select(date => (perDay.GetValueOrDefault(date) ?? new Sum { Day = date }).ToDay())],
                [.. perEndpoint.Select(sum => sum.ToEndpoint())]);
        });
    }

    private Task InsertAsync(
        DbConnection connection, DbTransaction transaction, ApiRequest[] requests) => database.InsertAsync(
        connection,
        transaction,
        "api_request",
        [
            ("at", Array.ConvertAll(requests, request => request.At.ToStored())),
            ("who", Array.ConvertAll(requests, request => request.Who)),
            ("method", Array.ConvertAll(requests, request => request.Method)),
            ("path", Array.ConvertAll(requests, request => request.Path)),
            ("route", Array.ConvertAll(requests, request => request.Route)),
            ("status", Array.ConvertAll(requests, request => (long)request.Status)),
            ("duration_us", Array.ConvertAll(requests, request => Microseconds(request.Duration))),
            ("address", Array.ConvertAll(requests, request => request.Address)),
            ("user_agent", Array.ConvertAll(requests, request => request.UserAgent)),
        ],
        CancellationToken.None);

    private Task<int> SumAsync(DbConnection connection, DbTransaction transaction, ApiRequestBatch batch)
    {
        var sums = batch.Requests
            .Select(one => (one.At, one.Method, one.Route, one.Status, Requests: 1L, one.Duration, Longest: one.Duration))
            .Concat(batch.Anonymous.Select(one =>
                (At: one.Minute, one.Method, one.Route, one.Status, one.Requests, one.Duration, one.Longest)))
            .GroupBy(one => (Day: StoredDay.Of(one.At, _zone), one.Method, one.Route))
            .Select(group => new Sum
            {
                Day = group.Key.Day,
                Method = group.Key.Method,
                Route = group.Key.Route,
                Requests = group.Sum(one => one.Requests),
                Errors = group.Sum(one => one.Status >= 400 ? one.Requests : 0),
                Duration = group.Sum(one => Microseconds(one.Duration)),
                Longest = group.Max(one => Microseconds(one.Longest)),
            })
            // In one order, so that two gateways' batches never wait for each other in a circle.
            .OrderBy(sum => sum.Day, StringComparer.Ordinal).ThenBy(sum => sum.Method, StringComparer.Ordinal)
            .ThenBy(sum => sum.Route, StringComparer.Ordinal);
        return connection.ExecuteAsync(
            """
            INSERT INTO api_request_day (day, method, route, requests, errors, duration_us, longest_us)
            VALUES (@Day, @Method, @Route, @Requests, @Errors, @Duration, @Longest)
            ON CONFLICT (day, method, route) DO UPDATE SET
                requests = api_request_day.requests + excluded.requests,
                errors = api_request_day.errors + excluded.errors,
                duration_us = api_request_day.duration_us + excluded.duration_us,
                longest_us = CASE
                    WHEN excluded.longest_us > api_request_day.longest_us THEN excluded.longest_us
                    ELSE api_request_day.longest_us END
            """,
            sums,
            transaction);
    }

    private static long Microseconds(TimeSpan duration) => (long)duration.TotalMicroseconds;

    private sealed class Row
    {
        public long Id { get; init; }
        public long At { get; init; }
        public string Who { get; init; } = "";
        public string Method { get; init; } = "";
        public string Path { get; init; } = "";
        public string Route { get; init; } = "";
        public long Status { get; init; }
        public long Duration { get; init; }
        public string Address { get; init; } = "";
        public string UserAgent { get; init; } = "";

        public StoredRequest ToRequest() => new(Id, new ApiRequest(
            StoredTime.Of(At), Who, Method, Path, Route, (int)Status,
            TimeSpan.FromMicroseconds(Duration), Address, UserAgent));
    }

    /// <summary>Durations are microseconds.</summary>
    private sealed class Sum
    {
        public string Day { get; init; } = "";
        public string Method { get; init; } = "";
        public string Route { get; init; } = "";
        public long Requests { get; init; }
        public long Errors { get; init; }
        public long Duration { get; init; }
        public long Longest { get; init; }

        public UsageDay ToDay() => new(Day, Requests, Errors, Average());

        public UsageEndpoint ToEndpoint() => new(Method, Route, Requests, Errors, Average(), TimeSpan.FromMicroseconds(Longest));

        private TimeSpan Average() => Requests == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(Duration / Requests);
    }
}
