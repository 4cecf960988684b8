using System.Globalization;
using System.Text.Json;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Broadcast.BroadcastCluster;

namespace NotifyHub.GrainTests.Broadcast;

public sealed class PublishTests(BroadcastCluster grid) : IClassFixture<BroadcastCluster>
{
    [Fact]
    public async Task Publishes_in_parallel_get_offsets_from_1_without_holes_each_its_own_messages()
    {
        var channel = grid.Channel("parallel");
        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
            (I: i, Result: await channel.PublishAsync(Batch([.. Enumerable.Range(0, (i % 3) + 1).Select(n => $"{i}.{n}")])))));

        var log = await ReadAllAsync(channel);
        Assert.Equal(Enumerable.Range(1, log.Count).Select(offset => (long)offset), log.Select(message => message.Offset));
        Assert.Equal(results.Sum(result => result.Result.Count), log.Count);
        foreach (var (i, result) in results)
        {
            Assert.Equal(((i % 3) + 1, false), (result.Count, result.Repeated));
            for (var n = 0; n < result.Count; n++) Assert.Equal($"{i}.{n}", Text(log[(int)result.FirstOffset - 1 + n]));
        }
    }

    [Fact]
    public async Task What_is_acknowledged_is_in_the_database_and_nothing_is_acknowledged_before()
    {
        var channel = grid.Channel("durable");
        await channel.PublishAsync(Batch("a"));
        Task<PublishResult> waiting;
        await using (await grid.HoldWritesAsync())
        {
            waiting = channel.PublishAsync(Batch("b", "c"));
            // Calls are taken in order: once this one is answered, the publish before it is in progress.
            Assert.Equal(1, (await channel.ReadAsync(0, 10)).Head);
            Assert.False(waiting.IsCompleted);
        }

        Assert.Equal(2, (await waiting).FirstOffset);
        var stored = await grid.Store.ReadAsync("durable", 0, 10, 1000, CancellationToken.None);
        Assert.Equal(["a", "b", "c"], stored.Select(Text));

        await grid.Cluster.Orleans.DeactivateAsync(channel);
        Assert.Equal(["a", "b", "c"], (await channel.ReadAsync(0, 10)).Messages.Select(Text));
        Assert.Equal(4, (await channel.PublishAsync(Batch("d"))).FirstOffset);
    }

    [Fact]
    public async Task An_empty_publish_is_refused() =>
        await Assert.ThrowsAnyAsync<ArgumentException>(() => grid.Channel("empty").PublishAsync(new PublishBatch([])));

    [Fact]
    public async Task The_same_key_publishes_once_in_sequence_in_parallel_and_after_a_move()
    {
        var channel = grid.Channel("once");
        var batch = Batch("a", "b") with { IdempotencyKey = "key" };
        // Created before writes are blocked.
        await channel.ReadAsync(0, 1);
        Task<PublishResult>[] together;
        await using (await grid.HoldWritesAsync())
        {
            together = [.. Enumerable.Range(0, 5).Select(_ => channel.PublishAsync(batch))];
            await channel.ReadAsync(0, 1);
        }

        var first = await Task.WhenAll(together);
        Assert.Equal(
            [new(1, 2, false), new(1, 2, true), new(1, 2, true), new(1, 2, true), new(1, 2, true)],
            first.OrderBy(r => r.Repeated));
        Assert.Equal(new PublishResult(1, 2, true), await channel.PublishAsync(batch));
        await grid.Cluster.Orleans.DeactivateAsync(channel);
        Assert.Equal(new PublishResult(1, 2, true), await channel.PublishAsync(batch));
        Assert.Equal(new PublishResult(3, 1, false), await channel.PublishAsync(Batch("c") with { IdempotencyKey = "other" }));
        Assert.Equal(3, (await ReadAllAsync(channel)).Count);
    }

    [Fact]
    public async Task A_key_reused_for_another_request_is_refused_even_after_a_move()
    {
        var channel = grid.Channel("conflict");
        var first = Batch("a") with { IdempotencyKey = "user/1/key", RequestHash = [1] };
        var other = Batch("b") with { IdempotencyKey = "user/1/key", RequestHash = [2] };
        await channel.ReadAsync(0, 1);
        await using (await grid.HoldWritesAsync())
        {
            var waiting = channel.PublishAsync(first);
            await channel.ReadAsync(0, 1);
            await Assert.ThrowsAsync<IdempotencyConflictException>(() => channel.PublishAsync(other));
            Assert.False(waiting.IsCompleted);
        }

        await Assert.ThrowsAsync<IdempotencyConflictException>(() => channel.PublishAsync(other));
        await grid.Cluster.Orleans.DeactivateAsync(channel);
        await Assert.ThrowsAsync<IdempotencyConflictException>(() => channel.PublishAsync(other));
        Assert.Equal(new PublishResult(1, 1, true), await channel.PublishAsync(first));
        // Another caller's key is another key, and a schedule's tells by itself.
        Assert.Equal(new PublishResult(2, 1, false), await channel.PublishAsync(other with { IdempotencyKey = "user/2/key" }));
        Assert.Equal(new PublishResult(1, 1, true), await channel.PublishAsync(other with { RequestHash = null }));
        Assert.Equal(["a", "b"], (await ReadAllAsync(channel)).Select(Text));
    }

    [Fact]
    public async Task A_fenced_grain_continues_after_the_other_writer()
    {
        var channel = grid.Channel("fence");
        await channel.PublishAsync(Batch("a"));
        await grid.AppendAsync("fence", new Message(2, "theirs"u8.ToArray(), false));

        await Assert.ThrowsAsync<StorageUnavailableException>(() => channel.PublishAsync(Batch("b")));

        Assert.Equal(3, (await channel.PublishAsync(Batch("c"))).FirstOffset);
        Assert.Equal(["a", "theirs", "c"], (await ReadAllAsync(channel)).Select(Text));
    }

    [Fact]
    public async Task Publishes_fail_without_storing_during_an_outage_and_work_after_it()
    {
        var channel = grid.Channel("outage");
        var listener = new Listener(grid.Cluster.Grains, channel);
        await listener.SubscribeAsync();
        await channel.PublishAsync(Batch("a"));
        await grid.ExecuteAsync("ALTER TABLE message RENAME TO away");
        try
        {
            var publishes = Enumerable.Range(0, 20).Select(_ => channel.PublishAsync(Batch("lost"))).ToArray();
            foreach (var publish in publishes) await Assert.ThrowsAsync<StorageBrokenException>(() => publish);
        }
        finally
        {
            await grid.ExecuteAsync("ALTER TABLE away RENAME TO message");
        }

        Assert.Equal(2, (await channel.PublishAsync(Batch("b"))).FirstOffset);
        Assert.Equal(["a", "b"], (await ReadAllAsync(channel)).Select(Text));
        await Until.TrueAsync(() => listener.Offsets.SequenceEqual([1L, 2]));
    }

    [Fact]
    public async Task Publishes_beyond_the_queue_limit_are_refused_as_busy()
    {
        var channel = grid.Channel("busy");
        await channel.PublishAsync(Batch("a"));
        var text = new string('x', 100_000);
        Task<PublishResult>[] publishes;
        await using (await grid.HoldWritesAsync())
        {
            publishes = [.. Enumerable.Range(0, 15).Select(_ => channel.PublishAsync(Batch(text)))];
            await Until.TrueAsync(() => publishes.Count(publish => publish.IsFaulted) == 5);
        }

        await Task.WhenAll(publishes.Where(publish => !publish.IsFaulted));
        foreach (var refused in publishes.Where(publish => publish.IsFaulted))
            await Assert.ThrowsAsync<ChannelBusyException>(() => refused);
        Assert.Equal(11, (await channel.ReadAsync(0, 1)).Head);
        // What was committed no longer counts.
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => channel.PublishAsync(Batch(text))));
    }

    [Fact]
    public async Task The_queue_counts_what_empty_objects_really_take()
    {
        var channel = grid.Channel("empty");
        await channel.PublishAsync(Batch("{}"));
        // 2,000 bytes of text each, and a hundred times that in memory.
        var batch = new PublishBatch([.. Enumerable.Range(0, 1_000).Select(_ => Push("{}"))]);
        Task<PublishResult>[] publishes;
        await using (await grid.HoldWritesAsync())
        {
            publishes = [.. Enumerable.Range(0, 20).Select(_ => channel.PublishAsync(batch))];
            await Until.TrueAsync(() => publishes.Any(publish => publish.IsFaulted));
        }

        var stored = 0;
        foreach (var publish in publishes)
        {
            if (await Record.ExceptionAsync(() => publish) is { } refused) Assert.IsType<ChannelBusyException>(refused);
            else stored++;
        }

        Assert.InRange(stored, 1, 10);
        Assert.Equal(1 + 1_000 * stored, (await channel.ReadAsync(0, 1)).Head);
    }

    [Fact]
    public async Task A_notification_has_its_offset_for_an_id_and_is_delivered_when_a_gateway_says_so()
    {
        var channel = grid.Channel(GrainKeys.PublicChannel);
        var listener = new Listener(grid.Cluster.Grains, channel);
        var head = await listener.SubscribeAsync();
        var at = new DateTimeOffset(2026, 3, 10, 12, 30, 45, TimeSpan.Zero);
        var draft = new NotificationDraft("windows", "標題", "m", "info", "normal", null, null, null, null, null, null, at);
        var result = await channel.PublishAsync(new PublishBatch([Push("{}"), Draft.Of(draft), Draft.Of(draft)]));

        var (first, second) = (result.FirstOffset + 1, result.FirstOffset + 2);
        var messages = (await channel.ReadAsync(first - 1, 2)).Messages;
        Assert.All(messages, message => Assert.True(message.IsNotification));
        var published = Notification.AsPublished(GrainKeys.PublicChannel, first, draft);
        Assert.Equal(NotificationJson.Payload(published, TimeZoneInfo.Utc), messages[0].Payload);
        Assert.Equal(first, JsonDocument.Parse(messages[0].Payload).RootElement.GetProperty("data").GetProperty("id").GetInt64());

        var notifications = grid.Cluster.Grains.GetGrain<INotificationGrain>(GrainKeys.Only);
        Assert.Equal(published with { Deliveries = 0 }, await notifications.GetAsync(first));
        await notifications.RecordDeliveriesAsync(
            new DeliveryReport(listener.Id, 1, head.Epoch, [new DeliveredRange(1, first, 3)]));
        Assert.Equal((NotificationStatus.Delivered, 3), Seen(await notifications.GetAsync(first)));
        Assert.Equal((NotificationStatus.Pending, 0), Seen(await notifications.GetAsync(second)));
        Assert.Null(await notifications.GetAsync(result.FirstOffset));

        static (string Status, long? Deliveries) Seen(Notification? notification) =>
            (notification!.Status, notification.Deliveries);
    }

    [Fact]
    public async Task Two_channels_have_notifications_with_the_same_id()
    {
        var draft = new NotificationDraft(
            "windows", "t", "m", "info", "normal", null, null, null, null, null, null,
            new DateTimeOffset(2026, 3, 10, 12, 30, 45, TimeSpan.Zero));
        foreach (var name in new[] { "team-a", "team-b" })
        {
            var channel = grid.Channel(name);
            Assert.Equal(1, (await channel.PublishAsync(new PublishBatch([Draft.Of(draft)]))).FirstOffset);

            var message = Assert.Single((await channel.ReadAsync(0, 1)).Messages);
            var data = JsonDocument.Parse(message.Payload).RootElement.GetProperty("data");
            Assert.Equal((1, name), (data.GetProperty("id").GetInt64(), data.GetProperty("channel").GetString()));
        }
    }

    [Fact]
    public async Task Reads_are_the_same_from_memory_and_from_storage_and_keep_to_their_limits()
    {
        var channel = grid.Channel("read");
        Assert.Equal((1, 0, 0), Shape(await channel.ReadAsync(0, 10)));
        // 64 KiB are at hand: of these the last 6.
        for (var i = 1; i <= 20; i++)
            await channel.PublishAsync(Batch(i.ToString(CultureInfo.InvariantCulture).PadRight(10_000)));

        for (var after = 0; after <= 20; after++)
        {
            var batch = await channel.ReadAsync(after, 3);
            Assert.Equal((1, 20, Math.Min(3, 20 - after)), Shape(batch));
            Assert.Equal(
                Enumerable.Range(after + 1, batch.Messages.Length),
                batch.Messages.Select(message => int.Parse(Text(message).Trim(), CultureInfo.InvariantCulture)));
        }

        Assert.Equal(20, (await channel.ReadAsync(0, int.MaxValue)).Messages.Length);
        Assert.Single((await channel.ReadAsync(0, 0)).Messages);
        Assert.Empty((await channel.ReadAsync(1_000, 10)).Messages);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => channel.ReadAsync(-1, 10));
    }

    private static (long First, long Head, int Count) Shape(MessageBatch batch) =>
        (batch.FirstRetained, batch.Head, batch.Messages.Length);

    private static async Task<List<Message>> ReadAllAsync(IBroadcastGrain channel)
    {
        var log = new List<Message>();
        while (true)
        {
            var batch = await channel.ReadAsync(log.Count, 100);
            log.AddRange(batch.Messages);
            if (log.Count == batch.Head) return log;
        }
    }
}
