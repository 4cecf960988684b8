using CsCheck;
using NotifyHub.Gateway.Sockets;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public class OutboxTests
{
    [Fact]
    public void It_gives_what_it_took_in_order_and_takes_no_more_than_its_bound_but_always_one() =>
        Gen.Frequency((3, Gen.Int[0, 70]), (2, Gen.Const(-1))).Array[0, 60].Sample(steps =>
        {
            var outbox = new Outbox(maxBytes: 100);
            var waiting = new Queue<byte[]>();
            foreach (var step in steps)
            {
                if (step < 0)
                {
                    Assert.Equal(waiting.TryDequeue(out var expected), outbox.TryTake(out var frames, out _, out var isLast));
                    if (expected is not null) Assert.Equal(expected, frames.ToArray());
                    Assert.False(isLast);
                }
                else
                {
                    var frame = new byte[step];
                    Random.Shared.NextBytes(frame);
                    var fits = waiting.Count == 0 || waiting.Sum(other => other.Length) + step <= 100;
                    Assert.Equal(fits, outbox.TryAdd(frame));
                    if (fits) waiting.Enqueue(frame);
                }
            }
        });

    [Fact]
    public void One_longer_than_the_bound_fits_when_nothing_waits()
    {
        var outbox = new Outbox(maxBytes: 100);
        Assert.True(outbox.TryAdd(new byte[5000]));
        Assert.False(outbox.TryAdd(new byte[1]));
        Assert.True(outbox.TryTake(out _, out _, out _));
        Assert.True(outbox.TryAdd(new byte[5000]));
    }

    [Fact]
    public void Nothing_follows_the_last_and_the_last_always_fits()
    {
        var outbox = new Outbox(maxBytes: 4);
        Assert.True(outbox.TryAdd(new byte[4]));
        outbox.AddLast([1, 2, 3]);
        // Too late, by whoever looked before the close frame came: dropped, which is not "too slow".
        Assert.True(outbox.TryAdd([9]));
        Assert.True(outbox.TryMove([9], new Outbox.Move(default, 0, null)));

        Assert.True(outbox.TryTake(out _, out _, out var isLast));
        Assert.False(isLast);
        Assert.True(outbox.TryTake(out var last, out _, out isLast));
        Assert.True(isLast);
        Assert.Equal([1, 2, 3], last.ToArray());
        Assert.False(outbox.TryTake(out _, out _, out _));
    }

    [Fact]
    public void A_move_comes_with_its_frames_in_its_turn()
    {
        var outbox = new Outbox(maxBytes: 100);
        var move = new Outbox.Move(new Cursor(new Segment(1, 0, 1), 0), 7, null);
        Assert.True(outbox.TryAdd([1]));
        Assert.True(outbox.TryMove([2], move));

        Assert.True(outbox.TryTake(out _, out var first, out _));
        Assert.Null(first);
        Assert.True(outbox.TryTake(out var frames, out var second, out _));
        Assert.Same(move, second);
        Assert.Equal([2], frames.ToArray());
    }
}
