using System.Text;
using System.Text.Json;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Broadcast.BroadcastCluster;

namespace NotifyHub.GrainTests.Broadcast;

public sealed class SqliteChannelLogTests() : ChannelLogTests(null);

public sealed class PostgresChannelLogTests(PostgresServer server) : ChannelLogTests(server);

/// <summary>A log that carries many channels.</summary>
public abstract class ChannelLogTests(PostgresServer? server) : IAsyncLifetime
{
    private const string Name = "p01";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-channels-");
    private GrainCluster? _cluster;
    private Database? _database;

    private IBroadcastGrain Log => _cluster!.Grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(Name));

    public async ValueTask InitializeAsync()
    {
        var storage = server is null
            ? $"Data Source={Path.Combine(_folder.FullName, "channels.db")}"
            : await server.CreateDatabaseAsync();
        _cluster = await GrainCluster.StartAsync(storage);
        _database = DatabaseFactory.Open(storage);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _database!.DisposeAsync();
        await _cluster!.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Channels_share_offsets_and_the_log_of_all_says_how_many_logs()
    {
        var all = _cluster!.Grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.PublicChannel));
        var head = await new Listener(_cluster.Grains, all).SubscribeAsync();

        Assert.Equal(server is null ? 1 : 16, head.Logs);
        Assert.Equal(new PublishResult(1, 1, false), await Log.PublishAsync(To("a", "1")));
        Assert.Equal(new PublishResult(2, 2, false), await Log.PublishAsync(To("b", "2", "3")));
        Assert.Equal(1, (await all.PublishAsync(Batch("x"))).FirstOffset);
        await _cluster.Orleans.DeactivateAsync(Log);
        Assert.Equal(4, (await Log.PublishAsync(To("a", "4"))).FirstOffset);

        var found = await Log.ReadChannelsAsync([new("a", 0, null, Retention.Week), new("b", 2, null, Retention.Week)], 10);
        Assert.Equal(["1", "3", "4"], found.Messages.Select(Text));
        Assert.Equal((4, 4), (found.To, found.Head));
        Assert.Equal(["2", "3"], (await Log.ReadHistoryAsync("b", null, 10, null)).Messages.Select(Text));
    }

    [Fact]
    public async Task Gateways_get_every_message_with_what_the_batch_covers()
    {
        await Log.PublishAsync(To("a", "before"));
        var listener = new Listener(_cluster!.Grains, Log);
        Assert.Equal(1, (await listener.SubscribeAsync()).Head);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(number => Log.PublishAsync(To($"c:{number % 7}", $"{number}"))));

        await Until.TrueAsync(() => listener.Offsets.Count() == 200);
        Assert.Equal(Enumerable.Range(2, 200).Select(offset => (long)offset), listener.Offsets);
        var to = 1L;
        foreach (var batch in listener.Batches)
        {
            Assert.Equal((to, batch.Messages[^1].Offset, 1), (batch.From, batch.To, batch.Log));
            to = batch.To;
        }

        var stored = await ReadStoredAsync();
        Assert.Equal(stored.Select(message => (message.Offset, message.Part)),
            (await Log.ReadAsync(0, 1_000)).Messages.Select(message => (message.Offset, message.Part)));
        var read = await Log.ReadAsync(100, 50);
        Assert.Equal((100, 150, 201, 1), (read.From, read.To, read.Head, read.Log));
    }

    [Fact]
    public async Task What_is_not_stored_takes_no_offset_and_needs_no_database()
    {
        var listener = new Listener(_cluster!.Grains, Log);
        await listener.SubscribeAsync();
        var mixed = new PublishBatch(
        [
            Push("x", "1", Retention.None), Push("a", "2", Retention.Day), Push("x", "3", Retention.None),
            Push("b", "4", Retention.Hour),
        ]);

        Assert.Equal(new PublishResult(1, 4, false), await Log.PublishAsync(mixed));
        await Until.TrueAsync(() => listener.Offsets.Count() == 4);
        Assert.Equal(
            [("1", 0L), ("2", 1), ("3", 0), ("4", 2)],
            listener.Batches.SelectMany(batch => batch.Messages).Select(message => (Text(message), message.Offset)).Order());
        await ExecuteAsync("ALTER TABLE log RENAME TO away");
        try
        {
            for (var number = 0; number < 20; number++)
                Assert.Equal(new PublishResult(0, 1, false), await Log.PublishAsync(To("x", Retention.None, $"{number}")));
            await Until.TrueAsync(() => listener.Offsets.Count() == 24);
        }
        finally
        {
            await ExecuteAsync("ALTER TABLE away RENAME TO log");
        }

        Assert.Equal(
            Enumerable.Range(0, 20).Select(number => $"{number}"),
            listener.Batches.SelectMany(batch => batch.Messages).Skip(4).Select(Text));
        Assert.All(listener.Batches, batch => Assert.NotEqual("", batch.Epoch));
        Assert.Equal(2, (await ReadStoredAsync()).Length);
    }

    [Fact]
    public async Task The_same_key_publishes_once_and_for_another_request_is_refused()
    {
        var batch = To("a", "1", "2") with { IdempotencyKey = "key", RequestHash = [1] };
        var together = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Log.PublishAsync(batch)));
        Assert.Equal([false, true, true, true, true], together.Select(result => result.Repeated).Order());
        Assert.All(together, result => Assert.Equal((1, 2), (result.FirstOffset, result.Count)));

        await _cluster!.Orleans.DeactivateAsync(Log);
        Assert.Equal(new PublishResult(1, 2, true), await Log.PublishAsync(batch));
        await Assert.ThrowsAsync<IdempotencyConflictException>(() => Log.PublishAsync(batch with { RequestHash = [2] }));
        // Together with others, which are stored all the same.
        var mixed = await Task.WhenAll(Enumerable.Range(0, 30).Select(number => Log.PublishAsync(
            number % 3 == 0 ? batch : To("b", $"{number}") with { IdempotencyKey = $"key{number}" })));
        Assert.Equal(10, mixed.Count(result => result == new PublishResult(1, 2, true)));
        Assert.Equal(
            Enumerable.Range(3, 20).Select(offset => (long)offset),
            mixed.Where(result => !result.Repeated).Select(result => result.FirstOffset).Order());
        Assert.Equal(22, (await ReadStoredAsync()).Length);
    }

    [Fact]
    public async Task What_the_database_refuses_fails_alone()
    {
        await Log.PublishAsync(To("a", "1"));
        await ExecuteAsync(server is null
            ? """
                CREATE TRIGGER refused BEFORE INSERT ON channel_message WHEN new.channel = 'refused'
                BEGIN SELECT RAISE(ABORT, 'refused'); END
                """
            : "ALTER TABLE channel_message ADD CONSTRAINT refused CHECK (channel <> 'refused')");

        var publishes = Enumerable.Range(0, 40)
            .Select(number => Log.PublishAsync(number is 7 or 8 or 33 ? To("refused", "x") : To("a", $"{number}"))).ToArray();

        foreach (var (number, publish) in publishes.Index())
        {
            if (number is 7 or 8 or 33) await Assert.ThrowsAsync<NotStorableException>(() => publish);
            else await publish;
        }

        var stored = await ReadStoredAsync();
        Assert.Equal(Enumerable.Range(1, 38).Select(offset => (long)offset), stored.Select(message => message.Offset));
        foreach (var (number, publish) in publishes.Index().Where(each => each.Item.IsCompletedSuccessfully))
            Assert.Equal($"{number}", Text(stored[(int)(await publish).FirstOffset - 1]));
    }

    [Fact]
    public async Task What_does_not_fit_the_log_is_refused()
    {
        PublishBatch[] bad =
        [
            Batch("no target"), To("all", "x"), To("a::b", "x"), To("a:*", "x"), To("a", (Retention)9, "x"),
            new([Draft.Push("{}"u8.ToArray(), new ChannelTarget("a", Retention.Day, Key: ""))]),
            new([Draft.Push("{}"u8.ToArray(), new ChannelTarget("a", Retention.Day, Key: new string('k', 256)))]),
            new([Draft.Push("{}"u8.ToArray(), new ChannelTarget("a", Retention.Day, Priority: "urgent"))]),
            new([Draft.Of(Notification("t"), new ChannelTarget("a", Retention.None))]),
        ];

        foreach (var batch in bad) await Assert.ThrowsAsync<NotStorableException>(() => Log.PublishAsync(batch));

        var all = _cluster!.Grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.PublicChannel));
        await Assert.ThrowsAsync<NotStorableException>(() => all.PublishAsync(To("a", "x")));
        await Assert.ThrowsAsync<InvalidOperationException>(() => all.RetractAsync("all", 1));
        Assert.Equal(1, (await Log.PublishAsync(To("$events", "x"))).FirstOffset);
    }

    [Fact]
    public async Task A_channel_over_its_rate_is_refused_as_a_whole()
    {
        static Draft Limited(string channel, Retention retention = Retention.Week) =>
            Draft.Push("{}"u8.ToArray(), new ChannelTarget(channel, retention, MaxPerSecond: 3));

        await Log.PublishAsync(new PublishBatch([Limited("a"), Limited("a"), Limited("b")]));
        var refused = await Assert.ThrowsAsync<ChannelRateException>(
            () => Log.PublishAsync(new PublishBatch([Limited("b"), Limited("a"), Limited("a")])));
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<ChannelRateException>(
            () => Log.PublishAsync(new PublishBatch([.. Enumerable.Repeat(Limited("c", Retention.None), 4)])));

        // Nothing of it was counted for the others.
        await Log.PublishAsync(new PublishBatch([Limited("b"), Limited("b"), Push("a", "free", Retention.Week)]));
        Assert.Equal(6, (await ReadStoredAsync()).Length);
        await Until.TrueAsync(async () => await Record.ExceptionAsync(
            () => Log.PublishAsync(new PublishBatch([Limited("a"), Limited("a"), Limited("a")]))) is null);
    }

    [Fact]
    public async Task A_retraction_reaches_the_gateways_and_later_readers()
    {
        var listener = new Listener(_cluster!.Grains, Log);
        await listener.SubscribeAsync();
        await Log.PublishAsync(To("a", "1", "2"));

        Assert.True(await Log.RetractAsync("a", 1));

        Assert.False(await Log.RetractAsync("a", 1));
        Assert.False(await Log.RetractAsync("b", 2));
        Assert.False(await Log.RetractAsync("a", 99));
        Assert.False(await Log.RetractAsync("a", -1));
        await Until.TrueAsync(() => listener.Offsets.Contains(3));
        Assert.Equal(1, listener.Batches.SelectMany(batch => batch.Messages).Last().Part!.Retracts);
        Assert.Equal([2], (await Log.ReadHistoryAsync("a", null, 10, null)).Messages.Select(message => message.Offset));
        var resumed = await Log.ReadChannelsAsync([new("a", 0, null, Retention.Week)], 10);
        Assert.Equal([2, 3], resumed.Messages.Select(message => message.Offset));
        Assert.Equal(4, (await Log.PublishAsync(To("a", "4"))).FirstOffset);
    }

    [Fact]
    public async Task Another_writer_is_noticed_and_a_lost_end_begins_an_epoch()
    {
        var listener = new Listener(_cluster!.Grains, Log);
        var before = await listener.SubscribeAsync();
        await Log.PublishAsync(To("a", "1"));
        var store = new ChannelStore(_database!);
        await store.AppendAsync(
            Name,
            before.Epoch,
            new LogAppend(
                [new Message(2, "theirs"u8.ToArray(), false, new ChannelPart("a", DateTimeOffset.UnixEpoch))], [Retention.Week],
                [], [], []),
            TestContext.Current.CancellationToken);

        // Without a publish: by the check that is made once per second.
        await Until.TrueAsync(async () => (await listener.SubscribeAsync()).Head == 2);
        Assert.Equal(3, (await Log.PublishAsync(To("a", "3"))).FirstOffset);
        await ExecuteAsync("UPDATE log SET head = 1; DELETE FROM channel_message WHERE \"offset\" > 1");
        await Until.TrueAsync(async () => (await listener.SubscribeAsync()).Epoch != before.Epoch);

        Assert.Equal(2, (await Log.PublishAsync(To("a", "new"))).FirstOffset);
        Assert.Equal(["1", "new"], (await ReadStoredAsync()).Select(Text));
    }

    [Fact]
    public async Task A_notification_of_a_channel_has_an_id_of_its_own()
    {
        var batch = new PublishBatch([Draft.Of(Notification("t"), new ChannelTarget("a", Retention.Week))]);

        Assert.Equal(1, (await Log.PublishAsync(batch)).FirstOffset);

        var message = Assert.Single((await Log.ReadAsync(0, 1)).Messages);
        Assert.True(message.IsNotification);
        var data = JsonDocument.Parse(message.Payload).RootElement.GetProperty("data");
        var id = data.GetProperty("id").GetInt64();
        Assert.Equal(GrainInterfaces.Notification.IdOf(1, 1), id);
        Assert.Equal(("a", 1), (data.GetProperty("channel").GetString(), data.GetProperty("offset").GetInt64()));
        var notifications = _cluster!.Grains.GetGrain<INotificationGrain>(GrainKeys.Only);
        var found = await notifications.GetAsync(id);
        Assert.Equal(("a", 1, "t"), (found!.Channel, found.Offset, found.Draft.Title));
        Assert.Equal(NotificationStatus.Read, (await notifications.SetStatusAsync(id, NotificationStatus.Read))!.Status);
        Assert.True(await notifications.DeleteAsync(id));
        Assert.Null(await notifications.GetAsync(id));
    }

    private static NotificationDraft Notification(string title) => new(
        "windows", title, "m", "info", "normal", null, null, null, null, null, null,
        new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero));

    private static Draft Push(string channel, string text, Retention retention) =>
        Draft.Push(Encoding.UTF8.GetBytes(text), new ChannelTarget(channel, retention));

    private static PublishBatch To(string channel, params string[] texts) => To(channel, Retention.Week, texts);

    private static PublishBatch To(string channel, Retention retention, params string[] texts) =>
        new([.. texts.Select(text => Push(channel, text, retention))]);

    private async Task<Message[]> ReadStoredAsync()
    {
        var store = new ChannelStore(_database!);
        var head = (await store.OpenAsync(Name, CancellationToken.None)).Head;
        return (await store.ReadAsync(Name, 0, head, 1_000, 1 << 20, CancellationToken.None)).Messages;
    }

    private Task<int> ExecuteAsync(string sql) => _database!.WriteAsync(
        (connection, transaction) => Dapper.SqlMapper.ExecuteAsync(connection, sql, transaction: transaction));
}
