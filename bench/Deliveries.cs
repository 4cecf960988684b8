namespace NotifyHub.Bench;

/// <summary>
/// What the clients of one receiver received, checked for order, gaps and repeats per message. Only the receiver's thread writes;
/// others may read the counters at any time.
/// </summary>
/// <param name="run">The first sequence number of the run.</param>
/// <param name="size">Bytes per message.</param>
/// <param name="requestOrder">
/// 0: all messages have one order. Otherwise the size of a request; requests may overtake each other. Gaps and repeats are found
/// in both cases.
/// </param>
internal sealed class Deliveries(long run, int size, int requestOrder = 0)
{
    private const int ChunkBits = 16;
    private const int MaxMissing = 1_000_000;

    private readonly Slot[]?[] _chunks = new Slot[]?[(BenchMessage.MaxMessages >> ChunkBits) + 1];
    private readonly Dictionary<long, int> _missing = [];
    private readonly Dictionary<int, int> _closeCodes = [];
    private long _missingBeyond;
    private long _received, _measured, _foreign;

    /// <summary>The first message that counts for latency; those below it are warm-up.</summary>
    public long MeasuredFrom { get; set; } = long.MaxValue;

    public Histogram Latency { get; } = new();

    /// <summary>Messages of this run, including the warm-up.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Messages that were sent in the measured window.</summary>
    public long Measured => Volatile.Read(ref _measured);

    /// <summary>Messages that others pushed.</summary>
    public long Foreign => Volatile.Read(ref _foreign);

    /// <summary>Messages sent before their client reconnected: resumed, without latency.</summary>
    public long Replayed { get; private set; }

    public long OrderErrors { get; private set; }

    public long Repeats { get; private set; }

    /// <summary>Messages with a length other than the pushed one.</summary>
    public long Altered { get; private set; }

    /// <summary>Envelope offsets that do not follow the previous one.</summary>
    public long OffsetErrors { get; set; }

    /// <summary>Resumed clients that received <c>"recovered":false</c>.</summary>
    public long NotRecovered { get; set; }

    public IReadOnlyDictionary<int, int> CloseCodes => _closeCodes;

    public void Closed(int code) => _closeCodes[code] = _closeCodes.GetValueOrDefault(code) + 1;

    /// <summary>Records one message of a client.</summary>
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
        else if (!TryAcceptUnexpected(ref client, number)) return;

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

    /// <summary>Per message, the latency to the last of its clients, over all receivers.</summary>
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

    /// <summary>Messages that the server acknowledged and clients never received.</summary>
    /// <param name="refused">Messages that the server refused; no client has to receive them.</param>
    public long Gaps(IReadOnlySet<long> refused) =>
        _missingBeyond + _missing.Where(m => !refused.Contains(m.Key)).Sum(m => (long)m.Value);

    private bool TryAcceptUnexpected(ref Client client, long number)
    {
        if (number < client.Expected)
        {
            // A skipped number that arrives later is out of order, not lost.
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
            if (_missing.Count < MaxMissing || _missing.ContainsKey(missed))
                _missing[missed] = _missing.GetValueOrDefault(missed) + 1;
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
