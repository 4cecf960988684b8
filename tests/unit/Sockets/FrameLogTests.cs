using CsCheck;
using NotifyHub.Gateway.Channels;
using NotifyHub.GrainInterfaces;
using Xunit;
using static NotifyHub.UnitTests.Sockets.WireFrames;

namespace NotifyHub.UnitTests.Sockets;

public class FrameLogTests
{
    // Mostly small, some near and above the size of a segment.
    private static readonly Gen<int> Bytes = Gen.Frequency(
        (8, Gen.Int[0, 300]), (2, Gen.Int[20_000, 70_000]), (1, Gen.Int[64 * 1024, 150_000]));

    [Fact]
    public void From_every_offset_the_log_reads_on_to_the_head() =>
        Gen.Select(Gen.Long[0, 1_000], Bytes.Array[1, 4].Array[0, 12]).Sample(
            (start, batches) =>
            {
                var log = new FrameLog(WireForm.WritePlain, start, int.MaxValue);
                var sent = new List<Message>();
                foreach (var batch in batches)
                {
                    Message[] messages = [.. batch.Select((bytes, i) => Message(start + sent.Count + i + 1, bytes))];
                    log.Append(messages);
                    sent.AddRange(messages);
                }

                for (var after = start; after <= start + sent.Count; after++)
                {
                    Assert.True(log.TryFind(after, out var cursor, out var head));
                    Assert.Equal(start + sent.Count, head.Offset);
                    var rest = sent.Skip((int)(after - start)).Select(message => message.Payload);
                    Assert.Equal(rest, ReadOn(cursor, head), EqualityComparer<byte[]>.Create(AsSpans));
                }

                Assert.False(log.TryFind(start - 1, out _, out _));
                Assert.False(log.TryFind(start + sent.Count + 1, out _, out _));
                Assert.Equal(
                    sent.Sum(message => (long)message.Payload.Length + ServerFrame.HeaderBytes(message.Payload.Length)),
                    log.Head.Bytes);
            },
            iter: 30);

    [Fact]
    public void At_least_the_history_stays_findable_and_not_a_segment_more() =>
        Gen.Select(Gen.Int[0, 400_000], Bytes.Array[1, 40]).Sample(
            (history, sizes) =>
            {
                var log = new FrameLog(WireForm.WritePlain, 0, history);
                for (var i = 0; i < sizes.Length; i++) log.Append([Message(i + 1, sizes[i])]);

                var oldest = Enumerable.Range(0, sizes.Length + 1).First(after => log.TryFind(after, out _, out _));
                Assert.All(
                    Enumerable.Range(oldest, sizes.Length - oldest), after => Assert.True(log.TryFind(after, out _, out _)));
                Assert.True(log.TryFind(oldest, out var cursor, out var head));
                var held = head.Bytes - (cursor.Segment.Start + cursor.Position);
                if (oldest > 0) Assert.True(held >= history, $"{held} bytes are held of {history}.");
                // Without the oldest segment, less than the configured history would be held.
                if (oldest > 0) Assert.True(head.Bytes - cursor.Segment.End <= history, $"{held} bytes are held of {history}.");
            },
            iter: 50);

    [Fact]
    public void A_log_that_continues_another_is_reached_by_the_cursors_of_the_other()
    {
        var log = new FrameLog(WireForm.WritePlain, 5, 0);
        var cursor = log.Head.Cursor;
        log.Append([Message(6, 10)]);
        var next = new FrameLog(WireForm.WritePlain, 0, 0, log.Head);
        next.Append([Message(1, 20), Message(2, 70_000)]);

        Assert.Equal([Message(6, 10).Payload, Message(1, 20).Payload, Message(2, 70_000).Payload], ReadOn(cursor, next.Head));
        Assert.True(next.Head.Bytes > log.Head.Bytes);
        Assert.False(next.TryFind(5, out _, out _));
    }

    // xUnit compares nested arrays through reflection, byte by byte.
    private static bool AsSpans(byte[]? one, byte[]? other) => one.AsSpan().SequenceEqual(other);

    private static List<byte[]> ReadOn(Cursor cursor, LogHead head)
    {
        var payloads = new List<byte[]>();
        var (segment, position) = (cursor.Segment, cursor.Position);
        while (true)
        {
            var end = ReferenceEquals(segment, head.Segment) ? head.Written : segment.Written;
            payloads.AddRange(Read(segment.Buffer.AsSpan(position, end - position), out var left).Select(frame => frame.Payload));
            Assert.Equal(0, left);
            if (ReferenceEquals(segment, head.Segment)) return payloads;
            (segment, position) = (segment.Next!, 0);
        }
    }
}
