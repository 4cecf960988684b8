using CsCheck;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Sockets;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public class OutboxTests
{
    private readonly ClientMemory _memory = new(1 << 20, TimeProvider.System);
    private readonly byte[] _joined = new byte[200];

    /// <summary>Adds answers and moves and takes turns of them in any order. Everything must come out in order, except moves that
    /// were replaced before their turn, and the cost must be that of what waits or is being sent.</summary>
    [Fact]
    public void It_gives_what_it_took_in_order_without_the_moves_that_were_replaced() =>
        Gen.Frequency(
            (4, Gen.Int[1, 90]), (1, Gen.Int[201, 300]), (2, Gen.Const(0)), (3, Gen.Const(-1)), (1, Gen.Const(-2)))
            .Array[0, 60].Sample(steps =>
        {
            var memory = new ClientMemory(1 << 20, TimeProvider.System);
            var outbox = new Outbox(maxBytes: 100, memory);
            // Samples run in parallel.
            var joined = new byte[200];
            var model = new List<(byte[] Frames, Outbox.Move? Move)>();
            var (underWay, expectedCost) = (new Queue<int>(), 0);
            for (var i = 0; i < steps.Length; i++)
            {
                if (steps[i] == -1)
                {
                    Assert.Equal(model.Count > 0, outbox.TryTake(joined, out var next));
                    if (model.Count == 0) continue;
                    CheckTurn(next, model);
                    underWay.Enqueue(next.Cost);
                }
                else if (steps[i] == -2)
                {
                    if (!underWay.TryDequeue(out var cost)) continue;
                    outbox.SetSent(cost);
                    expectedCost -= cost;
                }
                else if (steps[i] == 0)
                {
                    var move = new Outbox.Move([(byte)i], new Cursor(new Segment(1, 0, 1), 0), i, null);
                    model.RemoveAll(item => item.Move is not null);
                    Assert.True(outbox.TryMove(move));
                    model.Add((move.Frames, move));
                }
                else
                {
                    var frames = Enumerable.Repeat((byte)i, steps[i]).ToArray();
                    outbox.Add(frames);
                    model.Add((frames, null));
                    expectedCost += frames.Length + Outbox.AnswerOverhead;
                }

                Assert.Equal(expectedCost, outbox.Bytes);
                Assert.Equal(expectedCost, memory.Used);
                Assert.Equal(expectedCost >= 100, outbox.IsFull);
                Assert.Equal(model.Count > 0, outbox.HasMore);
            }

            outbox.Clear();
            while (underWay.TryDequeue(out var cost)) outbox.SetSent(cost);
            Assert.Equal(0, memory.Used);
        });

    [Fact]
    public void Nothing_follows_the_last_and_the_last_always_comes()
    {
        var outbox = new Outbox(maxBytes: 4, _memory);
        outbox.Add(new byte[4]);
        outbox.AddLast([1, 2, 3]);
        // Too late: the caller checked just before the close frame was added.
        outbox.Add([9]);
        Assert.False(outbox.TryMove(new Outbox.Move([9], default, 0, null)));

        Assert.True(outbox.TryTake(_joined, out var next));
        Assert.Equal([0, 0, 0, 0, 1, 2, 3], next.Buffer[..next.Length]);
        Assert.True(next.IsLast);
        Assert.False(outbox.TryTake(_joined, out _));
    }

    [Fact]
    public void The_last_comes_by_itself_when_it_does_not_fit_behind_what_waits()
    {
        var outbox = new Outbox(maxBytes: 4, _memory);
        outbox.Add(new byte[199]);
        outbox.AddLast([1, 2, 3]);

        Assert.True(outbox.TryTake(_joined, out var first));
        Assert.False(first.IsLast);
        Assert.True(outbox.TryTake(_joined, out var last));
        Assert.True(last.IsLast);
        Assert.Equal([1, 2, 3], last.Buffer[..last.Length]);
    }

    [Fact]
    public void What_waits_is_thrown_away_for_the_last_word()
    {
        var outbox = new Outbox(maxBytes: 100, _memory);
        outbox.Add(new byte[50]);
        outbox.TryMove(new Outbox.Move([1], default, 0, null));
        outbox.Clear();
        outbox.AddLast([7]);

        Assert.True(outbox.TryTake(_joined, out var next));
        Assert.Equal((1, null, true), (next.Length, next.Move, next.IsLast));
        Assert.Equal(0, _memory.Used);
    }

    [Fact]
    public void While_the_gateway_has_no_memory_left_one_answer_fills_it()
    {
        var outbox = new Outbox(maxBytes: 1_000, _memory);
        _memory.Take(1 << 20);
        Assert.False(outbox.IsFull);
        outbox.Add([1]);
        Assert.True(outbox.IsFull);
        var room = outbox.RoomAsync();
        Assert.False(room.IsCompleted);

        outbox.TryTake(_joined, out var next);
        outbox.SetSent(next.Cost);
        Assert.True(room.IsCompleted);
    }

    private static void CheckTurn(Outbox.Outgoing next, List<(byte[] Frames, Outbox.Move? Move)> model)
    {
        var (length, cost) = (0, 0);
        Outbox.Move? move = null;
        do
        {
            var (frames, moved) = model[0];
            model.RemoveAt(0);
            Assert.Equal(frames, next.Buffer[length..(length + frames.Length)]);
            length += frames.Length;
            if (moved is null) cost += frames.Length + Outbox.AnswerOverhead;
            move ??= moved;
        }
        while (model.Count > 0 && length + model[0].Frames.Length <= 200);

        Assert.Equal((length, cost, move, false), (next.Length, next.Cost, next.Move, next.IsLast));
    }
}
