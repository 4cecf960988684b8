using CsCheck;
using NotifyHub.Gateway.Channels;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public sealed class DeliveryCountsTests
{
    private static readonly Gen<(int What, int Client, int Where)[]> Scripts =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, Model.ClientCount - 1], Gen.Int[0, 100]).Array[0, 120];

    [Fact]
    public void Each_message_counts_for_each_client_in_any_order() =>
        Scripts.Sample(script =>
        {
            var model = new Model(new DeliveryCounts());
            foreach (var (what, client, where) in script) model.Step(what, client, where);
            model.TakeAll();

            Assert.Equal(model.Sent, model.Counted);
            Assert.Equal(0, model.Counts.TakeDropped());
        });

    [Fact]
    public void Past_the_bound_counts_are_too_low_and_never_too_high() =>
        Scripts.Sample(script =>
        {
            var model = new Model(new DeliveryCounts(maxChanges: 4));
            foreach (var (what, client, where) in script) model.Step(what, client, where);
            model.TakeAll();

            var missing = model.Sent.Zip(model.Counted, (sent, counted) => sent - counted).ToArray();
            Assert.DoesNotContain(missing, each => each < 0);
            Assert.Equal(missing.Any(each => each > 0), model.Counts.TakeDropped() > 0);
        });

    [Fact]
    public void A_burst_to_the_same_clients_is_one_range_in_however_many_passes_it_is_sent()
    {
        var counts = new DeliveryCounts();
        var random = new Random(7);
        foreach (var sender in (DeliveryCounts.Buffer[])[counts.Join(), counts.Join(), counts.Join()])
        {
            for (var offset = 0; offset < 50_000;)
            {
                var next = Math.Min(50_000, offset + random.Next(1, 300));
                for (var client = 0; client < 500; client++) sender.Add(offset, next);
                sender.Flush();
                offset = next;
            }
        }

        Assert.Equal([new DeliveredRange(1, 50_000, 1_500)], counts.Take(10).Ranges);
        Assert.Empty(counts.Take(10).Ranges);
    }

    [Fact]
    public void Many_concurrent_ranges_are_reported_in_parts_without_loss()
    {
        var counts = new DeliveryCounts();
        var sender = counts.Join();
        for (var client = 0; client < 1_000; client++) sender.Add(client, 1_000);
        sender.Flush();

        List<DeliveredRange> ranges = [];
        while (counts.Take(100).Ranges is { Length: > 0 } taken) ranges.AddRange(taken);

        Assert.Equal(Enumerable.Range(1, 1_000).Select(offset => new DeliveredRange(offset, offset, offset)), ranges);
    }

    [Fact]
    public void Beyond_the_limit_the_oldest_counts_are_dropped_and_counted()
    {
        var counts = new DeliveryCounts(maxChanges: 100);
        var sender = counts.Join();
        for (var offset = 0; offset < 120; offset += 2) sender.Add(offset, offset + 1);
        sender.Flush();

        Assert.Equal(
            Enumerable.Range(10, 50).Select(n => new DeliveredRange((2 * n) + 1, (2 * n) + 1, 1)), counts.Take(1_000).Ranges);
        Assert.Equal(10, counts.TakeDropped());
        Assert.Equal(0, counts.TakeDropped());
    }

    [Fact]
    public void A_new_log_starts_at_zero_and_ignores_counts_of_the_old_one()
    {
        var counts = new DeliveryCounts();
        var (slow, quick) = (counts.Join(), counts.Join());
        counts.Begin("e");
        foreach (var sender in (DeliveryCounts.Buffer[])[slow, quick])
        {
            sender.Begin("e");
            sender.Add(0, 5);
            sender.Flush();
        }

        counts.Begin("f");
        slow.Add(5, 9);
        slow.Flush();
        quick.Add(5, 8);
        quick.Begin("f");
        quick.Add(0, 2);
        quick.Flush();

        var (epoch, ranges) = counts.Take(10);
        Assert.Equal("f", epoch);
        Assert.Equal([new DeliveredRange(1, 2, 1)], ranges);
    }

    /// <summary>The clients of two senders, each a cursor, with every message sent counted individually.</summary>
    private sealed class Model
    {
        public const int ClientCount = 7;

        private readonly DeliveryCounts.Buffer[] _senders;
        private readonly long?[] _cursors = new long?[ClientCount];
        private int _head;

        public Model(DeliveryCounts counts) => (Counts, _senders) = (counts, [counts.Join(), counts.Join()]);

        public DeliveryCounts Counts { get; }

        public long[] Sent { get; } = new long[20_000];

        public long[] Counted { get; } = new long[20_000];

        public void Step(int what, int client, int where)
        {
            switch (what)
            {
                case 0 or 1:
                    _head += where + 1;
                    break;
                case 2 or 3:
                    for (var each = client % 2; each < ClientCount; each += 2) Reach(each, _head);
                    _senders[client % 2].Flush();
                    break;
                case 4:
                    // A client that didn't get everything in the sweep, or that reads history.
                    Reach(client, Math.Min(_head, (_cursors[client] ?? 0) + where));
                    break;
                case 5:
                    _cursors[client] = (long)_head * where / 100;
                    break;
                case 6:
                    _cursors[client] = null;
                    break;
                case 7:
                    _senders[client % 2].Flush();
                    break;
                case 8:
                    Take((where % 3) + 1);
                    break;
                default:
                    _cursors[client] ??= _head;
                    break;
            }
        }

        public void TakeAll()
        {
            foreach (var sender in _senders) sender.Flush();
            while (Take(3) > 0)
            {
            }
        }

        private void Reach(int client, long offset)
        {
            if (_cursors[client] is not { } cursor) return;
            _senders[client % 2].Add(cursor, offset);
            for (var sent = cursor + 1; sent <= offset; sent++) Sent[sent]++;
            _cursors[client] = offset;
        }

        private int Take(int max)
        {
            var ranges = Counts.Take(max).Ranges;
            Assert.True(ranges.Length <= max);
            Assert.All(ranges, range => Assert.True(range.First <= range.Last && range.Clients > 0));
            // The ranges are minimal: neighbours with the same number of clients would be merged.
            foreach (var (one, next) in ranges.Zip(ranges.Skip(1)))
                Assert.True(
                    one.Last + 1 < next.First || (one.Last + 1 == next.First && one.Clients != next.Clients), $"{one} {next}");
            foreach (var range in ranges)
                for (var offset = range.First; offset <= range.Last; offset++) Counted[offset] += range.Clients;
            return ranges.Length;
        }
    }
}
