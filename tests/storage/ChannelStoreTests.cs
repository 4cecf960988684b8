using System.Text;
using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class SqliteChannelStoreTests() : ChannelStoreTests(null);

public sealed class PostgresChannelStoreTests(PostgresServer server) : ChannelStoreTests(server);

public abstract class ChannelStoreTests(PostgresServer? server) : ChannelTest(server)
{
    [Fact]
    public async Task A_new_log_is_empty_and_says_how_many_logs_there_are()
    {
        var head = await Store.OpenAsync(Log, Cancellation);

        Assert.Equal((1, 0, 0L, IsSqlite ? 1 : 16), (head.FirstRetained, head.Head, head.EpochStart, head.Logs));
        Assert.Equal(head, await Store.OpenAsync(Log, Cancellation));
    }

    [Fact]
    public async Task What_was_appended_is_read_with_all_its_parts()
    {
        var at = Clock.GetUtcNow();
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        Message[] messages =
        [
            new(0, bytes, true, new ChannelPart("a:1", at, "鍵", at.AddSeconds(5), "high", "user 42")),
            new(0, [], false, new ChannelPart("b", at)),
        ];
        await AppendAsync(messages);

        var page = await Store.ReadAsync(Log, 0, 2, 10, 1 << 20, Cancellation);

        Assert.Equal((0, 2), (page.From, page.To));
        Assert.Equal(messages.Select(message => message.Part), page.Messages.Select(message => message.Part));
        Assert.Equal([(1, true), (2, false)], page.Messages.Select(message => (message.Offset, message.IsNotification)));
        Assert.Equal(bytes, page.Messages[0].Payload);
        Assert.Equal(2, (await Store.OpenAsync(Log, Cancellation)).Head);
    }

    [Fact]
    public async Task A_read_covers_the_holes_up_to_where_it_was_cut()
    {
        await AppendAsync(
            Message("a", "12345"), Message("b", ttl: TimeSpan.FromSeconds(1)), Message("c", "12345"), Message("d", "12345"));
        Assert.True(await RetractAsync("d", 4));
        Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal((5, "1 3 5"), await PageAsync(0, 10, 1 << 20));
        Assert.Equal((3, "1 3"), await PageAsync(0, 2, 1 << 20));
        Assert.Equal((1, "1"), await PageAsync(0, 10, 9));
        Assert.Equal((1, "1"), await PageAsync(0, 10, 1));
        Assert.Equal((5, "5"), await PageAsync(3, 10, 1 << 20));
        Assert.Equal((5, ""), await PageAsync(5, 10, 1 << 20));

        async Task<(long To, string Offsets)> PageAsync(long after, int max, int maxBytes)
        {
            var page = await Store.ReadAsync(Log, after, 5, max, maxBytes, Cancellation);
            Assert.Equal(after, page.From);
            return (page.To, string.Join(' ', Offsets(page.Messages)));
        }
    }

    [Fact]
    public async Task Of_racing_activations_exactly_one_appends()
    {
        await AppendAsync(Message("a"));
        var epoch = (await Store.OpenAsync(Log, Cancellation)).Epoch;

        var wins = await Task.WhenAll(Enumerable.Range(0, 16).Select(number => AppendsAsync($"c{number}")));

        Assert.Single(wins, won => won);
        Assert.Equal(3, (await Store.OpenAsync(Log, Cancellation)).Head);
        Assert.Equal(3, (await Store.ReadAsync(Log, 0, 3, 10, 1000, Cancellation)).Messages.Length);

        async Task<bool> AppendsAsync(string channel) => await Record.ExceptionAsync(
            () => AppendAtAsync(epoch, 2, Retention.Day, [Message(channel), Message("x")], [])) is null;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task An_append_that_does_not_follow_the_head_is_fenced(long first)
    {
        await AppendAsync(Message("a"));
        var epoch = (await Store.OpenAsync(Log, Cancellation)).Epoch;

        await Assert.ThrowsAsync<FencedException>(
            () => AppendAtAsync(epoch, first, Retention.Week, [Message("other")], [new PublishKey("k", first, 1)]));
        await Assert.ThrowsAsync<FencedException>(() => AppendAtAsync("old", 2, Retention.Week, [Message("other")], []));

        Assert.Equal(1, (await Store.OpenAsync(Log, Cancellation)).Head);
        Assert.Empty(await Keys.FindAsync(Log, ["k"], Cancellation));
        Assert.Equal(2, await AppendAsync(Message("b")));
    }

    [Fact]
    public async Task A_used_key_rolls_back_the_messages_and_the_head()
    {
        var epoch = (await Store.OpenAsync(Log, Cancellation)).Epoch;
        await AppendAtAsync(epoch, 1, Retention.Week, [Message("a")], [new PublishKey("k", 1, 1, [7])]);

        await Assert.ThrowsAsync<FencedException>(() => AppendAtAsync(
            epoch, 2, Retention.Week, [Message("a"), Message("b")], [new PublishKey("new", 2, 1), new PublishKey("k", 3, 1)]));

        Assert.Equal(1, (await Store.OpenAsync(Log, Cancellation)).Head);
        var found = Assert.Single(await Keys.FindAsync(Log, ["new", "k"], Cancellation)).Value;
        Assert.Equal(("k", 1, 1), (found.Key, found.FirstOffset, found.Count));
        Assert.Equal([7], found.RequestHash);
        Assert.Empty(await Keys.FindAsync("p02", ["k"], Cancellation));
    }

    [Fact]
    public async Task What_the_database_refuses_leaves_nothing_of_its_transaction()
    {
        var epoch = (await Store.OpenAsync(Log, Cancellation)).Epoch;
        var bad = new Message(0, null!, IsNotification: false, new ChannelPart("bad", Clock.GetUtcNow()));

        await Assert.ThrowsAsync<NotStorableException>(
            () => AppendAtAsync(epoch, 1, Retention.Week, [Message("a"), bad], [new PublishKey("k", 1, 2)]));

        Assert.Equal(0, (await Store.OpenAsync(Log, Cancellation)).Head);
        Assert.Empty(await Keys.FindAsync(Log, ["k"], Cancellation));
    }

    [Fact]
    public async Task A_database_that_lost_the_end_begins_a_new_epoch_at_the_head()
    {
        await AppendAsync(Message("a"), Message("b"), Message("c"));
        var before = await Store.OpenAsync(Log, Cancellation);
        await ExecuteAsync("UPDATE log SET head = 2; DELETE FROM channel_message WHERE \"offset\" > 2");
        var epochs = new EpochStore(Database, Clock);

        Assert.Null(await epochs.TryBeginAnewAsync(Log, new LogPosition(before.Epoch, 2), isReplaced: false, Cancellation));
        Assert.Equal(2, await epochs.TryBeginAnewAsync(Log, new LogPosition(before.Epoch, 3), isReplaced: false, Cancellation));

        var after = await Store.OpenAsync(Log, Cancellation);
        Assert.Equal((2, 2L), (after.Head, after.EpochStart));
        await Assert.ThrowsAsync<FencedException>(() => AppendAtAsync(before.Epoch, 3, Retention.Week, [Message("a")], []));
        Assert.Equal(3, await AppendAsync(Message("a")));
    }

    [Fact]
    public async Task A_retraction_marks_its_message_and_follows_it()
    {
        await AppendAsync(
            Retention.Month, Message("a", "one"), Message("b", "two"), Message("a", "gone", ttl: TimeSpan.FromSeconds(1)));
        Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(new Retraction("a", 1, Retention.Month), await Store.FindAsync(Log, "a", 1, Cancellation));
        Assert.True(await RetractAsync("a", 1));

        Assert.False(await RetractAsync("a", 1));
        Assert.False(await RetractAsync("a", 2));
        Assert.False(await RetractAsync("a", 3));
        // A retraction cannot be taken back, nor what was never there.
        Assert.False(await RetractAsync("a", 4));
        Assert.False(await RetractAsync("a", 5));
        var page = await Store.ReadAsync(Log, 0, 4, 10, 1000, Cancellation);
        Assert.Equal([2, 4], Offsets(page.Messages));
        Assert.Equal(("a", 1L), (page.Messages[1].Part!.Channel, page.Messages[1].Part!.Retracts));
    }

    [Fact]
    public async Task A_notification_has_an_id_above_those_of_the_public_channel()
    {
        var epoch = (await Store.OpenAsync(Log, Cancellation)).Epoch;
        var draft = new NotificationDraft(
            "windows", "t", "m", "info", "normal", null, null, null, null, null, null, Clock.GetUtcNow());

        await AppendAtAsync(
            epoch, 1, Retention.Week, [Message("a"), Message("b")], [],
            [Notification.AsPublished("a", 1, draft, 1), Notification.AsPublished("b", 2, draft, 1)]);

        Assert.Equal(
            [("a", 1L, (1L << 50) + 65), ("b", 2L, (1L << 50) + 129)],
            await Database.ReadAsync(
                connection => connection.QueryAsync<(string, long, long)>(
                    "SELECT channel, \"offset\", id FROM notification ORDER BY id"),
                Cancellation));
    }

    [Fact]
    public async Task Any_number_of_channels_is_one_commit()
    {
        var messages = Enumerable.Range(0, 8_000).Select(number => Message($"c:{number}", $"{number}")).ToArray();

        Assert.Equal(1, await AppendAsync(messages));

        Assert.Equal(8_000, (await Store.OpenAsync(Log, Cancellation)).Head);
        Assert.Equal("4711", Encoding.UTF8.GetString(Assert.Single((await ReadAsync("c:4711")).Messages).Payload));
    }

    private Task<int> ExecuteAsync(string sql) =>
        Database.WriteAsync((connection, transaction) => connection.ExecuteAsync(sql, transaction: transaction), Cancellation);
}
