using Dapper;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class SqliteMessageStoreTests() : MessageStoreTests(null);

public sealed class PostgresMessageStoreTests(PostgresServer server) : MessageStoreTests(server);

public abstract class MessageStoreTests(PostgresServer? server) : StorageTest(server)
{
    private const string Channel = "all";

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    private MessageStore Store => field ??= new MessageStore(Database, _clock);

    private PublishKeyStore Keys => field ??= new PublishKeyStore(Database);

    [Fact]
    public async Task A_new_channel_is_empty_and_has_an_epoch_that_a_url_can_carry()
    {
        var head = await Store.OpenAsync(Channel, Cancellation);

        Assert.Equal((1, 0), (head.FirstRetained, head.Head));
        Assert.Matches("^[A-Za-z0-9_-]{12}$", head.Epoch);
        Assert.NotEqual(head.Epoch, (await Store.OpenAsync("other", Cancellation)).Epoch);
    }

    [Fact]
    public async Task Racing_openers_agree_on_one_epoch()
    {
        var heads = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Store.OpenAsync(Channel, Cancellation)));

        Assert.Single(heads.Distinct());
    }

    [Fact]
    public async Task The_epoch_and_the_log_are_kept_over_a_reopen()
    {
        var epoch = (await Store.OpenAsync(Channel, Cancellation)).Epoch;
        await AppendAsync(Messages(1, 3));

        await using var reopened = DatabaseFactory.Open(ConnectionString);
        await reopened.MigrateAsync(Cancellation);

        Assert.Equal(
            new ChannelHead(epoch, 1, 3, EpochStart: 0, Logs: IsSqlite ? 1 : 16),
            await new MessageStore(reopened).OpenAsync(Channel, Cancellation));
    }

    [Fact]
    public async Task What_was_appended_is_read_byte_for_byte_and_in_order()
    {
        await Store.OpenAsync(Channel, Cancellation);
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        await AppendAsync([new Message(1, bytes, true), new Message(2, [], false)]);
        await AppendAsync([new Message(3, new byte[1 << 20], false)]);

        var read = await Store.ReadAsync(Channel, 0, 1000, 4 << 20, Cancellation);

        Assert.Equal([(1, true), (2, false), (3, false)], read.Select(message => (message.Offset, message.IsNotification)));
        Assert.Equal(bytes, read[0].Payload);
        Assert.Empty(read[1].Payload);
        Assert.Equal(new byte[1 << 20], read[2].Payload);
    }

    [Fact]
    public async Task A_read_gives_what_is_above_the_offset_and_no_more_than_asked_for()
    {
        await Store.OpenAsync(Channel, Cancellation);
        await AppendAsync(Messages(1, 1234));

        Assert.Equal([8, 9, 10], Offsets(await Store.ReadAsync(Channel, 7, 3, 1 << 20, Cancellation)));
        Assert.Equal([1233, 1234], Offsets(await Store.ReadAsync(Channel, 1232, 1000, 1 << 20, Cancellation)));
        Assert.Empty(await Store.ReadAsync(Channel, 1234, 1000, 1 << 20, Cancellation));
        Assert.Empty(await Store.ReadAsync("unknown", 0, 1000, 1 << 20, Cancellation));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(12, 1)]
    [InlineData(23, 1)]
    [InlineData(24, 2)]
    [InlineData(36, 3)]
    public async Task A_read_stops_at_its_bytes_but_gives_at_least_one(int maxBytes, int expected)
    {
        await Store.OpenAsync(Channel, Cancellation);
        await AppendAsync(Messages(1, 5));
        Assert.Equal(12, Payload(1).Length);

        Assert.Equal(expected, (await Store.ReadAsync(Channel, 1, 1000, maxBytes, Cancellation)).Length);
    }

    [Fact]
    public async Task Channels_do_not_see_each_other()
    {
        await Store.OpenAsync("one", Cancellation);
        await Store.OpenAsync("two", Cancellation);
        await AppendAsync(Messages(1, 2), [], [new PublishKey("k", 1, 2)], "one");
        await AppendAsync(Messages(1, 1), [], [new PublishKey("k", 1, 1)], "two");

        Assert.Equal([1, 2], Offsets(await Store.ReadAsync("one", 0, 10, 1 << 20, Cancellation)));
        Assert.Equal([1], Offsets(await Store.ReadAsync("two", 0, 10, 1 << 20, Cancellation)));
        Assert.Equal(new PublishKey("k", 1, 2), await FindKeyAsync("one", "k"));
        Assert.Equal(new PublishKey("k", 1, 1), await FindKeyAsync("two", "k"));
        Assert.Null(await FindKeyAsync("two", "other"));
    }

    [Fact]
    public async Task Of_racing_activations_exactly_one_appends()
    {
        await Store.OpenAsync(Channel, Cancellation);
        await AppendAsync(Messages(1, 10));

        var wins = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => AppendsAsync(Messages(11, 10))));

        Assert.Single(wins, won => won);
        Assert.Equal(20, (await Store.OpenAsync(Channel, Cancellation)).Head);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    public async Task An_append_that_does_not_follow_the_head_is_fenced(long first)
    {
        await Store.OpenAsync(Channel, Cancellation);
        await AppendAsync(Messages(1, 5));

        await Assert.ThrowsAsync<FencedException>(() => AppendAsync(Messages(first, 5)));

        Assert.Equal(Payloads(Messages(1, 5)), Payloads(await Store.ReadAsync(Channel, 0, 100, 1 << 20, Cancellation)));
        await AppendAsync(Messages(6, 1));
    }

    [Fact]
    public async Task An_activation_that_slept_until_its_offsets_were_swept_is_fenced()
    {
        await Store.OpenAsync(Channel, Cancellation);
        await AppendAsync(Messages(1, 100));
        await Store.SweepAsync(Channel, DateTimeOffset.MinValue, 10, Cancellation);

        await Assert.ThrowsAsync<FencedException>(() => AppendAsync(Messages(51, 3)));
    }

    [Fact]
    public async Task A_used_key_rolls_back_messages_and_notifications_too()
    {
        await Store.OpenAsync(Channel, Cancellation);
        await AppendAsync(Messages(1, 1), [], [new PublishKey("k", 1, 1)]);

        await Assert.ThrowsAsync<FencedException>(() => AppendAsync(
            Messages(2, 2), [Notification(2)], [new PublishKey("new", 2, 1), new PublishKey("k", 3, 1)]));

        Assert.Equal(1, (await Store.OpenAsync(Channel, Cancellation)).Head);
        Assert.Null(await FindKeyAsync(Channel, "new"));
        Assert.Equal(new PublishKey("k", 1, 1), await FindKeyAsync(Channel, "k"));
        Assert.Equal(0, await CountAsync("notification"));
    }

    [Fact]
    public async Task What_the_database_refuses_fails_alone_and_leaves_nothing_of_its_transaction()
    {
        await Store.OpenAsync(Channel, Cancellation);
        var bad = Notification(2);
        bad = bad with { Draft = bad.Draft with { Title = null! } };

        await Assert.ThrowsAsync<NotStorableException>(
            () => AppendAsync(Messages(1, 2), [Notification(1), bad], [new PublishKey("k", 1, 2)]));

        Assert.Equal(0, (await Store.OpenAsync(Channel, Cancellation)).Head);
        Assert.Equal(0, await CountAsync("notification"));
        await AppendAsync(Messages(1, 2), [Notification(1)], [new PublishKey("k", 1, 2, [1, 2, 3])]);
        Assert.Equal([1, 2, 3], (await FindKeyAsync(Channel, "k"))!.RequestHash);
    }

    [Fact]
    public async Task A_batch_with_a_hole_is_refused()
    {
        await Store.OpenAsync(Channel, Cancellation);

        await Assert.ThrowsAsync<ArgumentException>(() => AppendAsync([.. Messages(1, 2), .. Messages(4, 1)]));

        Assert.Equal(0, (await Store.OpenAsync(Channel, Cancellation)).Head);
    }

    [Fact]
    public async Task A_notification_is_stored_with_every_field()
    {
        await Store.OpenAsync(Channel, Cancellation);
        var bare = Notification(1);
        var created = bare.Draft.CreatedAt;
        var full = new Notification(
            2,
            new NotificationDraft(
                "windows", "標題 '\"", "text", "error", "high", "icon", "https://a", "repo", "main", "c0ffee",
                """{"a":[1]}""", created),
            NotificationStatus.Read, created.AddSeconds(1), created.AddSeconds(2), created.AddSeconds(3), Offset: 2);
        await AppendAsync(Messages(1, 2), [bare, full], []);

        var rows = await Database.ReadAsync(
            async connection => (await connection.QueryAsync(
                """
                SELECT id, "offset", type, title, message, severity, priority, icon, action_url, repo, branch, commit_sha,
                    metadata, status, created_at, updated_at, delivered_at, read_at
                FROM notification ORDER BY id
                """)).Select(row => ((IDictionary<string, object?>)row).Values.ToArray()).ToArray(),
            Cancellation);

        var at = created.ToUnixTimeMilliseconds();
        Assert.Equal(
            [
                1L, 1L, "windows", "title", "text", "info", "normal", null, null, null, null, null, null, "pending", at, at, null,
                null,
            ],
            rows[0]);
        Assert.Equal(
            [
                2L, 2L, "windows", "標題 '\"", "text", "error", "high", "icon", "https://a", "repo", "main", "c0ffee",
                """{"a":[1]}""", "read", at, at + 1000, at + 2000, at + 3000,
            ],
            rows[1]);
    }

    [Fact]
    public async Task A_sweep_by_age_leaves_what_is_young()
    {
        await Store.OpenAsync(Channel, Cancellation);
        await AppendAsync(Messages(1, 2500));
        _clock.Advance(TimeSpan.FromHours(1));
        await AppendAsync(Messages(2501, 10));

        var before = _clock.GetUtcNow().AddMinutes(-30);
        Assert.Equal(2501, await Store.SweepAsync(Channel, before, long.MaxValue, Cancellation));

        Assert.Equal(
            Enumerable.Range(2501, 10).Select(i => (long)i),
            Offsets(await Store.ReadAsync(Channel, 0, 1000, 1 << 20, Cancellation)));
        Assert.Equal(10, await CountAsync("message"));
    }

    [Fact]
    public async Task A_sweep_by_count_leaves_the_newest()
    {
        await Store.OpenAsync(Channel, Cancellation);
        await AppendAsync(Messages(1, 2500));

        Assert.Equal(2494, await Store.SweepAsync(Channel, DateTimeOffset.MinValue, 7, Cancellation));
        Assert.Equal(2494, await Store.SweepAsync(Channel, DateTimeOffset.MinValue, 7, Cancellation));

        Assert.Equal(7, await CountAsync("message"));
        Assert.Equal((2494, 2500), await BoundsAsync());
    }

    [Fact]
    public async Task Offsets_never_restart_because_the_newest_message_is_never_swept()
    {
        Assert.Equal(1, await Store.SweepAsync(Channel, DateTimeOffset.MaxValue, 0, Cancellation));
        await AppendAsync(Messages(1, 2000));

        Assert.Equal(2000, await Store.SweepAsync(Channel, DateTimeOffset.MaxValue, 0, Cancellation));

        Assert.Equal((2000, 2000), await BoundsAsync());
        await AppendAsync(Messages(2001, 1));
        Assert.Equal((2000, 2001), await BoundsAsync());
    }

    [Fact]
    public async Task A_clock_that_was_set_back_makes_no_holes()
    {
        await Store.OpenAsync(Channel, Cancellation);
        _clock.Advance(TimeSpan.FromDays(1));
        await AppendAsync(Messages(1, 3));
        _clock.AdjustTime(_clock.GetUtcNow().AddDays(-1));
        await AppendAsync(Messages(4, 3));

        Assert.Equal(1, await Store.SweepAsync(Channel, _clock.GetUtcNow().AddHours(1), long.MaxValue, Cancellation));

        Assert.Equal(6, await CountAsync("message"));
    }

    [Fact]
    public async Task Publishing_goes_on_during_a_sweep()
    {
        await Store.OpenAsync(Channel, Cancellation);
        await AppendAsync(Messages(1, 20_000));
        _clock.Advance(TimeSpan.FromHours(1));
        await AppendAsync(Messages(20_001, 1));
        var sweep = Store.SweepAsync(Channel, _clock.GetUtcNow().AddMinutes(-30), long.MaxValue, Cancellation);

        var head = 20_001;
        do await AppendAsync(Messages(++head, 1));
        while (!sweep.IsCompleted);

        Assert.Equal(20_001, await sweep);
        Assert.Equal((20_001, head), await BoundsAsync());
    }

    [Fact]
    public async Task Keys_are_remembered_for_a_day_even_when_their_messages_are_gone()
    {
        await Store.OpenAsync(Channel, Cancellation);
        await AppendAsync(Messages(1, 1), [], [new PublishKey("old", 1, 1)]);
        _clock.Advance(TimeSpan.FromHours(1));
        await AppendAsync(Messages(2, 1), [], [new PublishKey("young", 2, 1)]);
        await AppendAsync(Messages(3, 1));
        _clock.Advance(PublishKeyStore.Lifetime - TimeSpan.FromMinutes(1));

        await Store.SweepAsync(Channel, DateTimeOffset.MaxValue, 0, Cancellation);
        await Keys.SweepAsync(Channel, _clock.GetUtcNow() - PublishKeyStore.Lifetime, Cancellation);

        Assert.Null(await FindKeyAsync(Channel, "old"));
        Assert.Equal(new PublishKey("young", 2, 1), await FindKeyAsync(Channel, "young"));
    }

    private static Notification Notification(long id) => GrainInterfaces.Notification.AsPublished(
        Channel,
        id,
        new NotificationDraft(
            "windows", "title", "text", Severity.Info, Priority.Normal, null, null, null, null, null, null,
            new DateTimeOffset(2026, 3, 1, 12, 0, 0, 250, TimeSpan.Zero)));

    private static IEnumerable<long> Offsets(Message[] messages) => messages.Select(message => message.Offset);

    private static IEnumerable<byte[]> Payloads(Message[] messages) => messages.Select(message => message.Payload);

    private async Task<PublishKey?> FindKeyAsync(string log, string key) =>
        (await Keys.FindAsync(log, [key], Cancellation)).GetValueOrDefault(key);

    private Task AppendAsync(Message[] messages) => AppendAsync(messages, [], []);

    private async Task AppendAsync(
        Message[] messages, Notification[] notifications, PublishKey[] keys, string channel = Channel)
    {
        var epoch = (await Store.OpenAsync(channel, Cancellation)).Epoch;
        await Store.AppendAsync(channel, epoch, messages, notifications, keys, Cancellation);
    }

    private async Task<bool> AppendsAsync(Message[] messages)
    {
        try
        {
            await AppendAsync(messages);
            return true;
        }
        catch (FencedException)
        {
            return false;
        }
    }

    private async Task<(long First, long Head)> BoundsAsync()
    {
        var head = await Store.OpenAsync(Channel, Cancellation);
        return (head.FirstRetained, head.Head);
    }

    private Task<long> CountAsync(string table) =>
        Database.ReadAsync(connection => connection.ExecuteScalarAsync<long>($"SELECT count(*) FROM {table}"), Cancellation);
}
