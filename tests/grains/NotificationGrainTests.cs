using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Notifications;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests;

public sealed class SqliteNotificationGrainTests() : NotificationGrainTests(null);

public sealed class PostgresNotificationGrainTests(PostgresServer server) : NotificationGrainTests(server);

public abstract class NotificationGrainTests(PostgresServer? server) : StoreTest(server)
{
    private NotificationGrain Notifications => field ??= new NotificationGrain(
        Database, new DeliveryStore(Database, Positions, Clock), Settings, Clock);

    [Fact]
    public async Task A_notification_comes_back_as_it_was_published()
    {
        var draft = new NotificationDraft(
            "build", "標題", "text\nmore", "critical", "high", "icon.png", "https://example.com/?a=1", "repo", "main", "abc123",
            """{"n":[1,2.50]}""", Clock.GetUtcNow());
        await PublishAsync(1, draft);

        Assert.Equal(
            Notification.AsPublished(GrainKeys.PublicChannel, 1, draft) with { Deliveries = 0 },
            await Notifications.GetAsync(1));
        Assert.Null(await Notifications.GetAsync(2));
    }

    [Theory]
    [InlineData("100%", new long[] { 1 })]
    [InlineData("a_b", new long[] { 3 })]
    [InlineData("wow!", new long[] { 5 })]
    [InlineData("DISK", new long[] { 4, 2, 1 })]
    [InlineData(@"c:\temp", new long[] { 4 })]
    [InlineData("%", new long[] { 1 })]
    [InlineData("_", new long[] { 3 })]
    [InlineData("磁碟", new long[] { 5 })]
    [InlineData("' OR 1=1 --", new long[] { })]
    [InlineData("\0", new long[] { })]
    [InlineData("", new long[] { 5, 4, 3, 2, 1 })]
    public async Task A_search_means_its_characters_literally_in_titles_and_messages(string search, long[] found)
    {
        await PublishAsync(1, Draft("Disk 100% full"));
        await PublishAsync(2, Draft("disk 100 full"));
        await PublishAsync(3, Draft("a_b"));
        await PublishAsync(4, Draft("axb", @"see C:\temp on the disk"));
        await PublishAsync(5, Draft("磁碟", "wow!"));

        var page = await Notifications.ListAsync(new NotificationQuery(null, null, search, 1, 50));

        Assert.Equal(found, page.Notifications.Select(notification => notification.Id));
        Assert.Equal(found.Length, page.Total);
    }

    [Fact]
    public async Task Filters_combine_and_pages_follow_each_other()
    {
        for (var id = 1; id <= 6; id++) await PublishAsync(id, Draft("title", severity: id % 2 == 0 ? "error" : "info"));
        await Notifications.SetStatusAsync(6, NotificationStatus.Dismissed);

        var query = new NotificationQuery(NotificationStatus.Pending, "error", "TITLE", 1, 1);
        var first = await Notifications.ListAsync(query);
        var second = await Notifications.ListAsync(query with { Page = 2 });
        var third = await Notifications.ListAsync(query with { Page = 3 });

        Assert.Equal((4, 2), (Assert.Single(first.Notifications).Id, first.Total));
        Assert.Equal((2, 2), (Assert.Single(second.Notifications).Id, second.Total));
        Assert.Equal((0, 2), (third.Notifications.Length, third.Total));
    }

    [Fact]
    public async Task The_first_reading_is_remembered_and_every_change_is_dated()
    {
        await PublishAsync(1, Draft("title"));
        Clock.Advance(TimeSpan.FromMinutes(1));
        var read = Clock.GetUtcNow();
        Assert.Equal(read, (await Notifications.SetStatusAsync(1, NotificationStatus.Read))?.ReadAt);

        Clock.Advance(TimeSpan.FromMinutes(1));
        await Notifications.SetStatusAsync(1, NotificationStatus.Dismissed);
        var again = await Notifications.SetStatusAsync(1, NotificationStatus.Read);

        Assert.Equal((NotificationStatus.Read, read, Clock.GetUtcNow()), (again?.Status, again?.ReadAt, again?.UpdatedAt));
        Assert.Null(await Notifications.SetStatusAsync(2, NotificationStatus.Read));
    }

    [Fact]
    public async Task Only_pending_ones_become_delivered_and_only_in_the_range()
    {
        for (var id = 1; id <= 5; id++) await PublishAsync(id, Draft("title"));
        await Notifications.SetStatusAsync(3, NotificationStatus.Read);
        Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(2, await MarkDeliveredAsync(Clock.GetUtcNow()));
        Assert.Equal(0, await MarkDeliveredAsync(Clock.GetUtcNow().AddDays(1)));

        var page = await Notifications.ListAsync(new NotificationQuery(null, null, null, 1, 50));
        Assert.Equal(["pending", "delivered", "read", "delivered", "pending"], page.Notifications.Select(each => each.Status));
        Assert.Equal(
            (Clock.GetUtcNow(), Clock.GetUtcNow()),
            (page.Notifications[1].DeliveredAt, page.Notifications[1].UpdatedAt));
        Assert.Null(page.Notifications[2].DeliveredAt);

        Task<int> MarkDeliveredAsync(DateTimeOffset at) => Database.WriteAsync(
            (connection, transaction) => DeliveryStore.MarkDeliveredAsync(connection, transaction, 2, 4, at), Cancellation);
    }

    [Fact]
    public async Task The_same_id_in_another_channel_is_listed_and_swept_separately()
    {
        await PublishAsync(1, Draft("public"));
        await PublishAsync(1, Draft("team", at: Clock.GetUtcNow().AddDays(-2)), "team");

        Assert.Equal("public", (await Notifications.GetAsync(1))!.Draft.Title);
        var listed = (await Notifications.ListAsync(new(null, null, null, 1, 50))).Notifications;
        Assert.Equal("public", Assert.Single(listed).Draft.Title);
        Assert.Equal(1, (await Notifications.StatsAsync()).Total);
        Assert.Equal(1, await new NotificationSweep(Database).RunAsync(Clock.GetUtcNow().AddDays(-1), Cancellation));
        Assert.NotNull(await Notifications.GetAsync(1));
        await PublishAsync(2, Draft("team"), "team");
        Assert.True(await Notifications.DeleteAsync(1));
        Assert.Equal(1, await Database.ReadAsync(
            connection => connection.ExecuteScalarAsync<long>(
                "SELECT count(*) FROM notification WHERE channel = 'team' AND id = 2"),
            Cancellation));
    }

    [Fact]
    public async Task Counts_name_every_status_and_severity_and_today_is_the_servers()
    {
        // 16:00 UTC is midnight in Taipei.
        var midnight = new DateTimeOffset(2026, 3, 9, 16, 0, 0, TimeSpan.Zero);
        await PublishAsync(1, Draft("yesterday", at: midnight.AddMilliseconds(-1)));
        await PublishAsync(2, Draft("today", severity: "error", at: midnight));
        await Notifications.SetStatusAsync(2, NotificationStatus.Read);

        var stats = await Notifications.StatsAsync();

        Assert.Equal((2, 1), (stats.Total, stats.Today));
        Assert.Equal(NotificationStatus.All, stats.ByStatus.Keys);
        Assert.Equal([1, 0, 1, 0, 0], stats.ByStatus.Values);
        Assert.Equal(Severity.All, stats.BySeverity.Keys);
        Assert.Equal([1, 0, 0, 1, 0], stats.BySeverity.Values);
    }

    [Fact]
    public async Task What_is_deleted_or_too_old_leaves_the_lists()
    {
        for (var id = 1; id <= 3; id++) await PublishAsync(id, Draft("title", at: Clock.GetUtcNow().AddDays(id - 3)));

        Assert.True(await Notifications.DeleteAsync(3));
        Assert.False(await Notifications.DeleteAsync(3));
        Assert.Equal(1, await new NotificationSweep(Database).RunAsync(Clock.GetUtcNow().AddDays(-1), Cancellation));

        Assert.Equal(2, Assert.Single((await Notifications.ListAsync(new(null, null, null, 1, 50))).Notifications).Id);
    }

    private NotificationDraft Draft(string title, string message = "text", string severity = "info", DateTimeOffset? at = null) =>
        new("windows", title, message, severity, "normal", null, null, null, null, null, null, at ?? Clock.GetUtcNow());

    /// <summary>As the log's own writer stores it.</summary>
    private async Task PublishAsync(long id, NotificationDraft draft, string channel = GrainKeys.PublicChannel)
    {
        var log = new MessageStore(Database, Clock);
        var epoch = (await log.OpenAsync(channel, Cancellation)).Epoch;
        await log.AppendAsync(
            channel,
            epoch,
            [new Message(id, "{}"u8.ToArray(), true)],
            [Notification.AsPublished(channel, id, draft)],
            [],
            Cancellation);
    }
}
