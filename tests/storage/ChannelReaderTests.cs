using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class SqliteChannelReaderTests() : ChannelReaderTests(null);

public sealed class PostgresChannelReaderTests(PostgresServer server) : ChannelReaderTests(server);

public abstract class ChannelReaderTests(PostgresServer? server) : ChannelTest(server)
{
    [Fact]
    public async Task Each_channel_is_read_from_its_own_place_and_all_in_order()
    {
        await AppendAsync(
            Message("a"), Message("b"), Message("c"), Message("a"), Message("b"), Message("c"), Message("a"), Message("B"));

        var found = await ReadAsync([Range("a", 1), Range("b", 0), Range("b", 4), Range("nobody", 0)]);

        Assert.Equal([2, 4, 5, 7], Offsets(found.Messages));
        Assert.Equal((8, 8), (found.To, found.Head));
        Assert.Equal([0, 0, 0, 0], found.DroppedTo);
        Assert.Empty((await ReadAsync("a", after: 7)).Messages);
    }

    [Fact]
    public async Task A_pattern_covers_all_names_below_and_no_others()
    {
        await AppendAsync(
            Message("a"), Message("a:1"), Message("a:b:c"), Message("ab:1"), Message("a;"), Message("a-1"), Message("A:1"),
            Message("a:~"));

        Assert.Equal([2, 3, 8], Offsets((await ReadAsync("a:*")).Messages));
        Assert.Equal([3], Offsets((await ReadAsync("a:b:*")).Messages));
        // Once, however many ranges cover it.
        Assert.Equal([2, 3, 8], Offsets((await ReadAsync([Range("a:*", 0), Range("a:1", 0), Range("a:b:*", 1)])).Messages));
        Assert.Equal([8], Offsets((await ReadAsync("a:*", after: 3)).Messages));
    }

    [Fact]
    public async Task What_is_replaced_expired_or_retracted_is_left_out()
    {
        await AppendAsync(
            Message("a", "1", key: "k"), Message("a", "2", key: "other"), Message("b", "3", key: "k"),
            Message("a", "4", ttl: TimeSpan.FromSeconds(10)), Message("a", "5", key: "k"), Message("a", "6"));
        Assert.True(await RetractAsync("a", 6));

        Assert.Equal([2, 4, 5, 7], Offsets((await ReadAsync("a")).Messages));
        Assert.Equal([2, 4, 5], Offsets((await ReadHistoryAsync("a")).Messages));
        Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([2, 5, 7], Offsets((await ReadAsync("a")).Messages));
        // A replaced message does not come back when what replaced it is taken back.
        Assert.True(await RetractAsync("a", 5));
        Assert.Equal([2, 7, 8], Offsets((await ReadAsync("a")).Messages));
        Assert.Equal([2], Offsets((await ReadHistoryAsync("a")).Messages));
        Assert.Equal([3], Offsets((await ReadAsync("b")).Messages));
    }

    [Theory]
    [InlineData("a:1")]
    [InlineData("a:*")]
    public async Task A_full_answer_says_how_far_it_is_complete(string name)
    {
        for (var round = 0; round < 10; round++) await AppendAsync(Message("a:1", "12345"), Message("x", "12345"));

        var first = await ReadAsync([Range(name, 0), Range("x", 15)], max: 4);
        Assert.Equal(("1 3 5 7", 7, 20), (Joined(first.Messages), first.To, first.Head));
        var second = await ReadAsync([Range(name, first.To), Range("x", 15)], max: 100);
        Assert.Equal([9, 11, 13, 15, 16, 17, 18, 19, 20], Offsets(second.Messages));
        Assert.Equal(20, second.To);
        var small = await ReadAsync([Range(name, 0)], maxBytes: 12);
        Assert.Equal([1, 3], Offsets(small.Messages));
        Assert.InRange(small.To, 3, 4);
        Assert.Equal([1], Offsets((await ReadAsync([Range(name, 0)], maxBytes: 1)).Messages));
    }

    [Fact]
    public async Task A_history_limit_counts_from_the_newest_of_each_channel()
    {
        await AppendAsync(
            Message("a:1"), Message("a:2"), Message("a:1"), Message("a:1"), Message("a:2"), Message("a:1"), Message("a:3"));
        Assert.True(await RetractAsync("a:1", 1));

        var one = await ReadAsync("a:1", historyLimit: 2);
        // The retraction does not count, and goes to whoever may have its message.
        Assert.Equal([4, 6, 8], Offsets(one.Messages));
        Assert.Equal([3], one.DroppedTo);
        var all = await ReadAsync("a:*", historyLimit: 2);
        Assert.Equal([2, 4, 5, 6, 7, 8], Offsets(all.Messages));
        Assert.Equal([3], all.DroppedTo);
        Assert.Equal(0, Assert.Single((await ReadAsync("a:1", after: 3, historyLimit: 2)).DroppedTo));
        Assert.Equal(0, Assert.Single((await ReadAsync("a:*", after: 3, historyLimit: 2)).DroppedTo));
        Assert.Equal(0, Assert.Single((await ReadAsync("a:1", historyLimit: 4)).DroppedTo));
        var both = await ReadAsync(
            [new("a:1", 0, 1, Retention.Week), new("a:2", 0, null, Retention.Week), new("a:3", 0, 0, Retention.Day)]);
        Assert.Equal([4, 0, 7], both.DroppedTo);
        Assert.Equal([2, 5, 6, 8], Offsets(both.Messages));
    }

    [Fact]
    public async Task History_is_read_backwards_in_pages()
    {
        for (var round = 0; round < 5; round++)
            await AppendAsync(Message("a", "12345"), Message("x"), Message("a", "12345", key: "k"));
        Assert.True(await RetractAsync("a", 7));

        var newest = await ReadHistoryAsync("a", limit: 2);
        Assert.Equal(("13 15", true), (Joined(newest.Messages), newest.HasMore));
        var older = await ReadHistoryAsync("a", before: 13, limit: 2);
        Assert.Equal(("4 10", true), (Joined(older.Messages), older.HasMore));
        var oldest = await ReadHistoryAsync("a", before: 4, limit: 2);
        Assert.Equal(("1", false), (Joined(oldest.Messages), oldest.HasMore));
        Assert.False((await ReadHistoryAsync("a", before: 1)).HasMore);
        Assert.False((await ReadHistoryAsync("a", limit: 5)).HasMore);
        var small = await ReadHistoryAsync("a", maxBytes: 1);
        Assert.Equal(("15", true), (Joined(small.Messages), small.HasMore));
        var limited = await ReadHistoryAsync("a", historyLimit: 3);
        Assert.Equal(("13 15", false), (Joined(limited.Messages), limited.HasMore));
        Assert.Empty((await ReadHistoryAsync("nobody")).Messages);
    }

    [Fact]
    public async Task A_thousand_channels_are_read_at_once()
    {
        await AppendAsync([.. Enumerable.Range(0, 3_000).Select(number => Message($"c:{number % 1_500}", $"{number}"))]);
        ChannelRange[] ranges = [.. Enumerable.Range(0, 1_000).Select(number => Range($"c:{number}", 1_000))];

        var found = await ReadAsync(ranges);

        Assert.Equal(Enumerable.Range(1_501, 1_000).Select(offset => (long)offset), Offsets(found.Messages));
        Assert.InRange(found.To, 2_500, 3_000);
        Assert.Empty((await ReadAsync([.. ranges.Select(range => range with { After = found.To })])).Messages);
    }

    private static ChannelRange Range(string name, long after) => new(name, after, null, Retention.Week);
}
