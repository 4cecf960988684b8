namespace NotifyHub.Bench;

/// <summary>
/// What arrived at one receiver's clients, checked for order, gaps and repeats message by message. Written by that receiver's
/// thread alone; the counters may be read by others while they grow.
/// </summary>
/// <param name="run">Where the run's sequence numbers start.</param>
/// <param name="size">Bytes of each message.</param>
/// <param name="requestOrder">0: all messages are in one order. Else so many at a time are, a request's, and requests may overtake each
/// other; gaps and repeats are found all the same.</param>
internal sealed class Deliveries(long run, int size, int requestOrder = 0)
{
    private const int ChunkBits = 16;
    private const int MostMissing = 1_000_000;

    private readonly Slot[]?[] _chunks = new Slot[]?[(BenchMessage.MaxMessages >> ChunkBits) + 1];
    private readonly Dictionary<long, int> _missing = [];
    private readonly Dictionary<int, int> _closeCodes = [];
    private long _missingBeyond;
    private long _received, _measured, _foreign;

    /// <summary>First message that counts for latency; what is below it warmed the server up.</summary>
    public long MeasuredFrom { get; set; } = long.MaxValue;

    public Histogram Latency { get; } = new();

    /// <summary>Messages of this run, warm-up included.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Messages that were sent in the measured window.</summary>
    public long Measured => Volatile.Read(ref _measured);

    /// <summary>Messages that others pushed.</summary>
    public long Foreign => Volatile.Read(ref _foreign);

    /// <summary>Messages sent before their client came back: resumed ones, without latency.</summary>
    public long Replayed { get; private set; }

    public long OrderErrors { get; private set; }

    public long Repeats { get; private set; }

    /// <summary>Messages whose length is not the one that was pushed.</summary>
    public long Altered { get; private set; }

    /// <summary>Envelope offsets that do not follow the one before.</summary>
    public long OffsetErrors { get; set; }

    /// <summary>Resumed clients that were told <c>"recovered":false</c>.</summary>
    public long NotRecovered { get; set; }

    public IReadOnlyDictionary<int, int> CloseCodes => _closeCodes;

    public void Closed(int code) => _closeCodes[code] = _closeCodes.GetValueOrDefault(code) + 1;

    /// <summary>Takes one message of a client in.</summary>
    public void Take(ref Client client, ReadOnlySpan<byte> message, long now)
    {
        if (!BenchMessage.TryRead(message, out var seq, out var at) || (ulong)(seq - run) >= BenchMessage.MaxMessages)
        {
            _foreign++;
            return;
        }
        var number = seq - run;
        if (message.Length != size) Altered++;
        if (requestOrder > 0)
        {
            if (number % requestOrder != 0 && number != client.Last + 1) OrderErrors++;
            client.Last = number;
        }
        if (number == client.Expected) client.Expected++;
        else if (!Mend(ref client, number)) return;

        _received++;
        if (number < MeasuredFrom) return;
        _measured++;
        if (at < client.OpenedAt)
        {
            Replayed++;
            return;
        }
        Latency.Record(now - at);
        ref var slot = ref SlotOf(number);
        slot.At = at;
        slot.Latest = now;
    }

    /// <summary>Latencies of each message to the last of its clients, over all receivers.</summary>
    public static Histogram LastClient(IReadOnlyList<Deliveries> all)
    {
        var histogram = new Histogram();
        for (var c = 0; c < all[0]._chunks.Length; c++)
        {
            Slot[][] chunks = [.. all.Select(d => d._chunks[c]).OfType<Slot[]>()];
            if (chunks.Length == 0) continue;
            for (var i = 0; i < 1 << ChunkBits; i++)
            {
                long at = 0, latest = 0;
                foreach (var chunk in chunks)
                {
                    at = Math.Max(at, chunk[i].At);
                    latest = Math.Max(latest, chunk[i].Latest);
                }
                if (latest > 0) histogram.Record(latest - at);
            }
        }
        return histogram;
    }

    /// <summary>Messages that clients never got though the server acknowledged them.</summary>
    /// <param name="refused">Messages the server said it did not take: nobody may miss them.</param>
    public long Gaps(IReadOnlySet<long> refused) =>
        _missingBeyond + _missing.Where(m => !refused.Contains(m.Key)).Sum(m => (long)m.Value);

    private bool Mend(ref Client client, long number)
    {
        if (number < client.Expected)
        {
            // A number that was skipped before and comes now is disorder, not loss: it is no longer missing.
            if (client.Missed > 0 && _missing.TryGetValue(number, out var clients) && clients > 0)
            {
                if (requestOrder == 0) OrderErrors++;
                client.Missed--;
                _missing[number] = clients - 1;
                return true;
            }
            Repeats++;
            return false;
        }
        for (var missed = client.Expected; missed < number; missed++)
        {
            if (_missing.Count < MostMissing || _missing.ContainsKey(missed)) _missing[missed] = _missing.GetValueOrDefault(missed) + 1;
            else _missingBeyond++;
        }
        client.Missed += number - client.Expected;
        client.Expected = number + 1;
        return true;
    }

    private ref Slot SlotOf(long number)
    {
        ref var chunk = ref _chunks[number >> ChunkBits];
        chunk ??= new Slot[1 << ChunkBits];
        return ref chunk[number & ((1 << ChunkBits) - 1)];
    }

    private struct Slot
    {
        public long At;
        public long Latest;
    }
}
