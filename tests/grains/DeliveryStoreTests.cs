using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Notifications;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests;

public sealed class SqliteDeliveryStoreTests() : DeliveryStoreTests(null);

public sealed class PostgresDeliveryStoreTests(PostgresServer server) : DeliveryStoreTests(server);

public abstract class DeliveryStoreTests(PostgresServer? server) : StoreTest(server)
{
    // Far apart, so that ranges over them are of every length that is kept, and longer.
    private static readonly long[] FarApart =
        [1, 2, 17, 18, 300, 5_000, 5_001, 70_000, 1_200_000, 18_000_000, 40_000_000, 40_000_001];

    private string _epoch = "";
    private long _sequence;

    private DeliveryStore Store => field ??= new DeliveryStore(Database, Positions, Clock);

    private NotificationGrain Notifications => field ??= new NotificationGrain(Database, Store, Settings, Clock);

    [Fact]
    public async Task Every_notification_has_the_sum_of_its_reported_ranges()
    {
        await PublishAsync(FarApart);
        var random = new Random(11);
        var expected = FarApart.ToDictionary(id => id, _ => 0L);
        for (var report = 0; report < 40; report++)
        {
            var ends = Enumerable.Range(0, 6)
                .Select(_ => Math.Max(1, FarApart[random.Next(FarApart.Length)] + random.Next(-2, 3)))
                .Distinct().Order().ToArray();
            DeliveredRange[] ranges = [.. ends.Chunk(2).Select(pair => new DeliveredRange(pair[0], pair[^1], random.Next(1, 5)))];
            foreach (var range in ranges)
                foreach (var id in FarApart.Where(id => range.First <= id && id <= range.Last)) expected[id] += range.Clients;
            await Store.AddAsync(Report("gw-x", ++_sequence, ranges), Cancellation);
        }

        Assert.Equal(expected, await DeliveriesAsync());
        foreach (var id in FarApart) Assert.Equal(expected[id], (await Notifications.GetAsync(id))!.Deliveries);
        var read = await Notifications.SetStatusAsync(300, NotificationStatus.Read);
        Assert.Equal(expected[300], read!.Deliveries);
        var page = await Notifications.ListAsync(new NotificationQuery(NotificationStatus.Read, null, null, 1, 10));
        Assert.Equal(expected[300], Assert.Single(page.Notifications).Deliveries);
    }

    [Fact]
    public async Task A_report_that_comes_again_or_late_counts_once()
    {
        await PublishAsync(1, 2, 3);
        var first = Report("gw-1", 1, new DeliveredRange(1, 2, 10));
        Assert.True(await Store.AddAsync(first, Cancellation));
        Assert.False(await Store.AddAsync(first, Cancellation));
        Assert.True(await Store.AddAsync(first with { GatewayId = "gw-2" }, Cancellation));
        Assert.True(await Store.AddAsync(Report("gw-1", 2, new DeliveredRange(2, 3, 1)), Cancellation));
        Assert.False(await Store.AddAsync(first, Cancellation));

        Assert.Equal(new() { [1] = 20, [2] = 21, [3] = 1 }, await DeliveriesAsync());
    }

    [Fact]
    public async Task Reports_of_many_gateways_at_once_add_up()
    {
        await PublishAsync([.. Enumerable.Range(1, 20).Select(id => (long)id)]);
        await Task.WhenAll(Enumerable.Range(1, 8).Select(async gateway =>
        {
            for (var number = 1; number <= 10; number++)
            {
                var middle = ((gateway * number) % 18) + 1;
                var report = Report($"gw-{gateway}", number, new(1, middle, 2), new(middle + 1, 20, 1));
                await Task.WhenAll(Store.AddAsync(report, Cancellation), Store.AddAsync(report, Cancellation));
            }
        }));

        var deliveries = await DeliveriesAsync();
        Assert.Equal((160, 80), (deliveries[1], deliveries[20]));
        Assert.All(deliveries.Values, clients => Assert.InRange(clients, 80, 160));
    }

    [Fact]
    public async Task What_was_sent_is_delivered_from_then_on_and_what_was_read_before_stays_read()
    {
        await PublishAsync(1, 2, 3, 4);
        await Notifications.SetStatusAsync(2, NotificationStatus.Read);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await AddAsync(new DeliveredRange(1, 3, 1));

        var page = (await Notifications.ListAsync(new(null, null, null, 1, 10))).Notifications;
        Assert.Equal(["pending", "delivered", "read", "delivered"], page.Select(one => one.Status));
        Assert.Equal(Clock.GetUtcNow(), page[^1].DeliveredAt);
        Assert.Equal([0, 1, 1, 1], page.Select(one => one.Deliveries));
    }

    [Fact]
    public async Task Where_there_is_no_notification_nothing_is_kept()
    {
        await PublishAsync(100, 200);

        Assert.False(await Store.AddAsync(Report("gw-1", 1, new(1, 99, 5), new(201, 5_000, 5)), Cancellation));
        Assert.Equal((0, 0), await RowsAsync());
        Assert.True(await Store.AddAsync(
            Report("gw-1", 2, new(1, 99, 5), new(100, 150, 3), new(151, 199, 2), new(200, 9_999, 1)), Cancellation));
        Assert.Equal((2, 1), await RowsAsync());
    }

    [Fact]
    public async Task Offsets_of_another_log_count_for_nothing()
    {
        await PublishAsync(1, 2);

        Assert.False(await Store.AddAsync(
            Report("gw-1", 1, new DeliveredRange(1, 2, 5)) with { Epoch = "another" }, Cancellation));
        Assert.Equal(NotificationStatus.Pending, (await Notifications.GetAsync(1))!.Status);
        Assert.Equal((0, 0), await RowsAsync());
    }

    [Fact]
    public async Task A_restarted_channel_has_no_deliveries()
    {
        await PublishAsync(1, 2);
        await AddAsync(new DeliveredRange(1, 2, 5));
        await ExecuteAsync("DELETE FROM notification; DELETE FROM log");
        await PublishAsync(1);

        Assert.Equal(0, (await Notifications.GetAsync(1))!.Deliveries);
        await AddAsync(new DeliveredRange(1, 1, 2));
        Assert.Equal(2, (await Notifications.GetAsync(1))!.Deliveries);
    }

    [Fact]
    public async Task What_belongs_to_notifications_that_are_no_longer_kept_is_deleted()
    {
        var ids = Enumerable.Range(1, 1_300).Select(id => (long)id).ToArray();
        await PublishAsync(ids);
        foreach (var part in ids.Chunk(400)) await AddAsync([.. part.Select(id => new DeliveredRange(id, id, id))]);
        await AddAsync(new DeliveredRange(1, 1_300, 7), new DeliveredRange(1_200, 1_250, 7));
        Clock.Advance(TimeSpan.FromDays(2));
        await AddAsync(new DeliveredRange(1_300, 1_300, 1));
        await ExecuteAsync("DELETE FROM notification WHERE id < 1290");

        Assert.Equal(1_289, await Store.SweepAsync(Cancellation));
        Assert.Equal(0, await Store.SweepAsync(Cancellation));

        var deliveries = await DeliveriesAsync();
        Assert.Equal((11, 1_297, 1_308), (deliveries.Count, deliveries[1_290], deliveries[1_300]));
        await ExecuteAsync("DELETE FROM notification");
        await Store.SweepAsync(Cancellation);
        Assert.Equal(0, (await RowsAsync()).Ranges);
    }

    [Fact]
    public async Task However_many_ranges_there_are_they_are_found_by_their_key()
    {
        await PublishAsync(1, 100, 200_000);
        await ExecuteAsync(
            """
            INSERT INTO delivery (span, first_offset, last_offset, clients)
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 200000)
            SELECT 1, n, n, 1 FROM numbers
            """);
        var isPostgres = Database.Invariant == "Npgsql";
        if (isPostgres) await ExecuteAsync("ANALYZE delivery");
        var query = $"SELECT {DeliveryStore.ClientsOf("page.id")} "
            + "FROM (SELECT * FROM notification WHERE channel = 'all' ORDER BY id DESC LIMIT 20) AS page";
        var plan = await Database.ReadAsync(
            async connection => string.Join(
                '\n',
                (await connection.QueryAsync($"EXPLAIN {(isPostgres ? "" : "QUERY PLAN")} {query}"))
                    .Cast<IDictionary<string, object>>().Select(row => row.Values.Last())),
            Cancellation);
        Assert.Contains(
            isPostgres ? "delivery_pkey" : "SEARCH delivery USING PRIMARY KEY (span=? AND first_offset>? AND first_offset<?)",
            plan,
            StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan on delivery", plan, StringComparison.Ordinal);
    }

    private async Task AddAsync(params DeliveredRange[] ranges) =>
        Assert.True(await Store.AddAsync(Report("gw-x", ++_sequence, ranges), Cancellation));

    private DeliveryReport Report(string gateway, long number, params DeliveredRange[] ranges) =>
        new(gateway, number, _epoch, ranges);

    /// <summary>Notifications with these ids, without the log around them.</summary>
    private async Task PublishAsync(params long[] ids)
    {
        _epoch = (await new MessageStore(Database, Clock).OpenAsync(GrainKeys.PublicChannel, Cancellation)).Epoch;
        var at = Clock.GetUtcNow().ToUnixTimeMilliseconds();
        await Database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(
                """
                INSERT INTO notification (id, type, title, message, severity, priority, status, created_at, updated_at)
                VALUES (@id, 'windows', 't', 'm', 'info', 'normal', 'pending', @at, @at)
                """,
                ids.Select(id => new { id, at }),
                transaction),
            Cancellation);
    }

    private async Task<Dictionary<long, long>> DeliveriesAsync()
    {
        var all = new Dictionary<long, long>();
        for (var page = 1; ; page++)
        {
            var query = new NotificationQuery(null, null, null, page, 500);
            var found = (await Notifications.ListAsync(query)).Notifications;
            if (found.Length == 0) return all;
            foreach (var one in found) all.Add(one.Id, one.Deliveries!.Value);
        }
    }

    private Task<(long Ranges, long Reports)> RowsAsync() => Database.ReadAsync(
        connection => connection.QuerySingleAsync<(long, long)>(
            "SELECT (SELECT count(*) FROM delivery), (SELECT count(*) FROM report_position)"),
        Cancellation);

    private Task<int> ExecuteAsync(string sql) =>
        Database.WriteAsync((connection, transaction) => connection.ExecuteAsync(sql, null, transaction), Cancellation);
}
