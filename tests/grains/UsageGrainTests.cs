using Dapper;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using NotifyHub.Grains.Usage;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests;

public sealed class SqliteUsageGrainTests() : UsageGrainTests(null);

public sealed class PostgresUsageGrainTests(PostgresServer server) : UsageGrainTests(server);

public abstract class UsageGrainTests(PostgresServer? server) : StoreTest(server)
{
    private static readonly ApiRequestQuery Everything = new(null, null, null, null, null, null, null, null, 1, 500);

    private long _sequence;

    private UsageGrain Usage => field ??= new UsageGrain(Database, Positions, Settings, Clock);

    [Fact]
    public async Task A_batch_that_comes_again_counts_once()
    {
        var batch = new ApiRequestBatch("gw-1", 1, [Request(path: "/api/a"), Request(path: "/api/b")], []);
        await Usage.RecordAsync(batch);
        await Usage.RecordAsync(batch);
        await Usage.RecordAsync(batch with { GatewayId = "gw-2" });
        await Usage.RecordAsync(batch with { Sequence = 2 });
        await Usage.RecordAsync(batch);

        Assert.Equal(6, (await Usage.RequestsAsync(Everything)).Total);
        Assert.Equal(6, (await Usage.SummaryAsync(1)).Days.Single().Requests);
    }

    [Fact]
    public async Task A_search_looks_at_the_newest_rows_of_what_the_indexes_leave_and_says_so()
    {
        const int Window = 50_000;
        var now = Clock.GetUtcNow();
        await AddAsync(Request(at: now.AddDays(-2), path: "/api/needle", who: "ann"));
        var from = now.AddDays(-1).ToUnixTimeMilliseconds();
        await Database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(
                """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @Window)
                INSERT INTO api_request (at, who, method, path, route, status, duration_us, address, user_agent)
                SELECT @from + i, 'bob', 'GET', '/api/hay', '/api/hay', 200, 1, '10.0.0.1', 'x' FROM n
                """,
                new { from, Window },
                transaction),
            Cancellation);

        var buried = await Usage.RequestsAsync(Everything with { Search = "needle" });
        var hay = await Usage.RequestsAsync(Everything with { Search = "HAY", Page = 2, Limit = 3 });
        var behind = await Usage.RequestsAsync(Everything with { Search = "hay", Page = 200, Limit = 500 });
        var byTime = await Usage.RequestsAsync(
            Everything with { Search = "needle", To = DateTimeOffset.FromUnixTimeMilliseconds(from) });
        var byWho = await Usage.RequestsAsync(Everything with { Search = "needle", Who = "ann" });
        var all = await Usage.RequestsAsync(Everything);

        Assert.Equal((0, 0, true), (buried.Requests.Length, buried.Total, buried.IsTruncated));
        Assert.Equal((3, Window, true), (hay.Requests.Length, hay.Total, hay.IsTruncated));
        Assert.Equal((0, Window), (behind.Requests.Length, behind.Total));
        Assert.Equal(("/api/needle", 1, false), (Assert.Single(byTime.Requests).Request.Path, byTime.Total, byTime.IsTruncated));
        Assert.Equal(("/api/needle", 1, false), (Assert.Single(byWho.Requests).Request.Path, byWho.Total, byWho.IsTruncated));
        Assert.Equal((500, Window + 1, false), (all.Requests.Length, all.Total, all.IsTruncated));
    }

    [Fact]
    public async Task Requests_are_found_by_everything_they_can_be_asked_for_newest_first()
    {
        var now = Clock.GetUtcNow();
        await AddAsync(
            Request(at: now, who: "ann@example.com", method: "POST", path: "/api/keys", status: 201, userAgent: "Mozilla/5.0"),
            Request(at: now.AddSeconds(-2), who: "billing", path: "/api/push", status: 404, address: "10.0.0.7"),
            Request(at: now.AddSeconds(-1), path: "/api/100%", status: 503));

        Assert.Equal(["/api/keys", "/api/100%", "/api/push"], await PathsAsync(Everything));
        Assert.Equal(["/api/100%"], await PathsAsync(Everything with { Page = 2, Limit = 1 }));
        Assert.Equal(["/api/100%"], await PathsAsync(Everything with { From = now.AddSeconds(-1), To = now }));
        Assert.Equal(["/api/keys"], await PathsAsync(Everything with { Method = "POST" }));
        Assert.Equal(["/api/push"], await PathsAsync(Everything with { Path = "/API/pu" }));
        Assert.Empty(await PathsAsync(Everything with { Path = "keys" }));
        Assert.Equal(["/api/push"], await PathsAsync(Everything with { LowestStatus = 400, HighestStatus = 499 }));
        Assert.Equal(["/api/push"], await PathsAsync(Everything with { Who = "billing" }));
        (string Search, string Path)[] searches =
            [("0%", "/api/100%"), ("MOZILLA", "/api/keys"), ("10.0.0", "/api/push"), ("ann@", "/api/keys")];
        foreach (var (search, path) in searches)
            Assert.Equal([path], await PathsAsync(Everything with { Search = search }));
        Assert.Empty(await PathsAsync(Everything with { Search = "\0" }));
        var request = Request(
            at: now, who: "ann@example.com", method: "POST", path: "/api/keys", status: 201, userAgent: "Mozilla/5.0");
        Assert.Equal(new StoredRequest(1, request), (await Usage.RequestsAsync(Everything)).Requests[0]);

        async Task<IEnumerable<string>> PathsAsync(ApiRequestQuery query) =>
            (await Usage.RequestsAsync(query)).Requests.Select(stored => stored.Request.Path);
    }

    [Fact]
    public async Task Days_without_a_gap_and_endpoints_are_summed_in_the_servers_zone()
    {
        // 20:00 in Taipei: four hours on it is tomorrow there, and still today in UTC.
        await AddAsync(
            Request(milliseconds: 1), Request(milliseconds: 2, status: 400), Request(method: "POST", milliseconds: 30));
        Clock.Advance(TimeSpan.FromHours(4));
        await AddAsync(Request(milliseconds: 9, status: 500));

        var summary = await Usage.SummaryAsync(3);

        Assert.Equal(
            [
                new UsageDay("2026-03-09", 0, 0, TimeSpan.Zero),
                new UsageDay("2026-03-10", 3, 1, TimeSpan.FromMilliseconds(11)),
                new UsageDay("2026-03-11", 1, 1, TimeSpan.FromMilliseconds(9)),
            ],
            summary.Days);
        Assert.Equal(
            [
                new UsageEndpoint("GET", "/api/{id}", 3, 2, TimeSpan.FromMilliseconds(4), TimeSpan.FromMilliseconds(9)),
                new UsageEndpoint("POST", "/api/{id}", 1, 0, TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(30)),
            ],
            summary.Endpoints);
    }

    [Fact]
    public async Task Anonymous_requests_are_sums_from_any_gateway_and_count_daily()
    {
        await AddAsync(Usage, Refusals(0), Refusals(0, status: 429, requests: 5));
        await Usage.RecordAsync(
            new ApiRequestBatch("gw-2", 1, [Request(status: 200)], [Refusals(0, requests: 30), Refusals(1)]));

        var page = await Usage.AnonymousAsync(1, 10);
        Assert.Equal(
            [Refusals(1), Refusals(0, status: 429, requests: 5), Refusals(0, requests: 40)],
            page.Sums);
        Assert.Equal(3, page.Total);
        Assert.Equal([Refusals(0, requests: 40)], (await Usage.AnonymousAsync(3, 1)).Sums);
        Assert.Empty((await Usage.AnonymousAsync(4, 1)).Sums);
        Assert.Equal((56, 55), Counts((await Usage.SummaryAsync(1)).Days.Single()));
        Assert.Equal(1, (await Usage.RequestsAsync(Everything)).Total);

        static (long, long) Counts(UsageDay day) => (day.Requests, day.Errors);
    }

    [Fact]
    public async Task Sums_beyond_the_bound_leave_the_oldest_first_and_records_of_callers_stay()
    {
        var options = Options.Create(new SiloOptions { TimeZone = "UTC", AnonymousRows = 1_000 });
        var small = new UsageGrain(Database, Positions, options, Clock);
        var sweep = new UsageSweep(Database, options);
        await small.RecordAsync(new ApiRequestBatch("gw-2", 1, [Request(path: "/api/kept")], []));
        for (var minute = 0; minute < 12; minute++)
            await AddAsync(small, [.. Enumerable.Range(0, 100).Select(address => Refusals(minute, $"10.0.0.{address}"))]);

        await sweep.RunAsync(Clock.GetUtcNow(), Cancellation);

        var page = await small.AnonymousAsync(1, 1);
        Assert.Equal((1_000, Clock.GetUtcNow().AddMinutes(11)), (page.Total, page.Sums[0].Minute));
        Assert.Equal(Clock.GetUtcNow().AddMinutes(2), (await small.AnonymousAsync(1_000, 1)).Sums[0].Minute);
        Assert.Equal(12_001, (await small.SummaryAsync(1)).Days.Single().Requests);
        Assert.Equal("/api/kept", Assert.Single((await small.RequestsAsync(Everything)).Requests).Request.Path);

        Clock.Advance(new SiloOptions().UsageAge + TimeSpan.FromMinutes(11));
        await sweep.RunAsync(Clock.GetUtcNow(), Cancellation);
        Assert.Equal(100, (await small.AnonymousAsync(1, 1)).Total);
    }

    [Fact]
    public async Task Old_rows_leave_and_their_sums_stay_as_long_as_the_history()
    {
        await AddAsync(Request());
        Clock.Advance(new SiloOptions().UsageAge + TimeSpan.FromSeconds(1));
        await AddAsync(Request(path: "/api/new"));

        Assert.Equal(1, await new UsageSweep(Database, Settings).RunAsync(Clock.GetUtcNow(), Cancellation));
        Assert.Equal("/api/new", Assert.Single((await Usage.RequestsAsync(Everything)).Requests).Request.Path);
        Assert.Equal(2, (await Usage.SummaryAsync(30)).Days.Sum(day => day.Requests));

        Clock.Advance(new SiloOptions().HistoryAge - TimeSpan.FromDays(1));
        await new UsageSweep(Database, Settings).RunAsync(Clock.GetUtcNow(), Cancellation);
        Assert.Equal(1, (await Usage.SummaryAsync(90)).Days.Sum(day => day.Requests));
    }

    [Fact]
    public async Task Any_page_of_100000_rows_is_found_and_rows_beyond_the_bound_are_deleted()
    {
        var options = Options.Create(new SiloOptions { TimeZone = "UTC", UsageRows = 100_000 });
        var small = new UsageGrain(Database, Positions, options, Clock);
        var start = Clock.GetUtcNow();
        for (var batch = 0; batch < 26; batch++)
        {
            var requests = Enumerable.Range(batch * 4_000, 4_000).Select(number => Request(
                at: start.AddMilliseconds(number),
                path: $"/api/{number}",
                who: number % 1_000 == 0 ? "rare" : "-",
                status: number % 100 == 0 ? 500 : 200));
            await small.RecordAsync(new ApiRequestBatch("gw", ++_sequence, [.. requests], []));
        }

        var first = await small.RequestsAsync(Everything with { Limit = 2 });
        Assert.Equal((100_000, "/api/103999"), (first.Total, first.Requests[0].Request.Path));
        var last = await small.RequestsAsync(Everything with { Page = 50_000, Limit = 2 });
        Assert.Equal(["/api/4001", "/api/4000"], last.Requests.Select(stored => stored.Request.Path));
        Assert.Equal(100, (await small.RequestsAsync(Everything with { Who = "rare" })).Total);
        var failed = await small.RequestsAsync(Everything with { LowestStatus = 500, HighestStatus = 599 });
        Assert.Equal(1_000, failed.Total);
        // /api/100000 to /api/100009; /api/10000 is older than what a search looks at, until it gets a time range.
        var found = await small.RequestsAsync(Everything with { Search = "/10000" });
        Assert.Equal((10, true), (found.Total, found.IsTruncated));
        var older = await small.RequestsAsync(
            Everything with { Search = "/10000", To = start.AddMilliseconds(20_000) });
        Assert.Equal((1, false), (older.Total, older.IsTruncated));
        Assert.Equal(104_000, (await small.SummaryAsync(1)).Endpoints.Single().Requests);
    }

    private Task AddAsync(params ApiRequest[] requests) =>
        Usage.RecordAsync(new ApiRequestBatch("gw", ++_sequence, requests, []));

    private Task AddAsync(UsageGrain store, params AnonymousRequests[] sums) =>
        store.RecordAsync(new ApiRequestBatch("gw", ++_sequence, [], sums));

    private AnonymousRequests Refusals(int minute, string address = "192.0.2.7", int requests = 10, int status = 401) => new(
        Clock.GetUtcNow().AddMinutes(minute), address, "GET", "/api/keys", status, requests,
        TimeSpan.FromMilliseconds(requests), TimeSpan.FromMilliseconds(2));

    private ApiRequest Request(
        DateTimeOffset? at = null, string who = "-", string method = "GET", string path = "/api/1", int status = 200,
        int milliseconds = 1, string address = "127.0.0.1", string userAgent = "curl/8") => new(
        at ?? Clock.GetUtcNow(), who, method, path, "/api/{id}", status, TimeSpan.FromMilliseconds(milliseconds), address,
        userAgent);
}
