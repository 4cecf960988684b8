using CsCheck;
using NotifyHub.Gateway.Channels;
using NotifyHub.GrainInterfaces;
using Xunit;
using static NotifyHub.UnitTests.Sockets.WireFrames;

namespace NotifyHub.UnitTests.Sockets;

public class ChannelLogTests
{
    [Fact]
    public void The_log_holds_each_message_once_and_in_order() =>
        Gen.Select(Gen.Int[0, 30], Gen.Int[1, 6]).Array[0, 40].Sample(batches =>
        {
            var log = new ChannelLog(new ChannelHead("e", 1, 10), 1 << 20);
            var head = 10L;
            foreach (var (first, count) in batches)
            {
                var last = first + count - 1;
                var taken = log.TryAppend([.. Enumerable.Range(first, count).Select(offset => Message(offset, 5))]);
                Assert.Equal(first <= head + 1 || last <= head, taken);
                if (taken) head = Math.Max(head, last);
                Assert.Equal(head, log.Head);
                Assert.Equal(head, log.Plain.Head.Offset);
            }

            Assert.True(log.Envelopes.TryFind(10, out var cursor, out var end));
            var frames = Read(cursor.Segment.Buffer.AsSpan(cursor.Position, end.Written - cursor.Position), out _);
            Assert.Equal(
                Enumerable.Range(11, (int)head - 10), frames.Select(frame => frame.Json.GetProperty("offset").GetInt32()));
        });

    [Fact]
    public void An_empty_batch_is_taken_and_changes_nothing()
    {
        var log = new ChannelLog(new ChannelHead("e", 1, 0), 0);
        Assert.True(log.TryAppend([]));
        Assert.Equal(0, log.Head);
    }

    [Fact]
    public void A_replaced_log_accepts_nothing_more()
    {
        var log = new ChannelLog(new ChannelHead("a", 1, 3), 0);
        var next = log.BeginAnew(new ChannelHead("b", 1, 0), 0);

        Assert.True(log.TryAppend([Message(4, 1)]));
        Assert.True(next.TryAppend([Message(1, 1)]));

        Assert.Equal((3, "a"), (log.Head, log.Epoch));
        Assert.Equal((1, "b"), (next.Head, next.Epoch));
    }

    [Fact]
    public void A_page_has_envelopes_and_its_first_and_last_offset()
    {
        var page = ChannelLog.Page("e", [Message(300, 10), Message(301, 70_000), Message(302, 0)]);

        Assert.Equal((300, 302, true, null), (page.FirstOffset, page.LastOffset, page.IsPage, page.Next));
        var frames = Read(page.Buffer.AsSpan(0, page.Written), out var left);
        Assert.Equal(0, left);
        Assert.Equal([300, 301, 302], frames.Select(frame => frame.Json.GetProperty("offset").GetInt64()));
        Assert.Equal([300, 301, 302], frames.Select(frame => frame.Json.GetProperty("data").GetProperty("n").GetInt64()));
    }
}
