using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>
/// To how many clients of this gateway each message was sent, until that is reported. Kept as the offsets at which the count
/// changes: messages that were sent to equally many are one range, whichever senders sent them and in how many pieces. For any
/// thread.
/// </summary>
/// <param name="maxChanges">Changes that may wait while the silos are away; by default some 600 KB. Past that the counts of the
/// oldest messages are dropped: they are too low then, never too high.</param>
public sealed class DeliveryCounts(int maxChanges = 8_192)
{
    private readonly Lock _gate = new();
    // The change in the number of clients that were sent the messages after this offset.
    private readonly SortedDictionary<long, long> _changes = [];
    private string _epoch = "";
    private long _dropped;

    /// <summary>A sender takes part; it counts with what it gets.</summary>
    public Buffer Join() => new(this);

    /// <summary>From now on offsets belong to this log; counts of another log are ignored.</summary>
    public void Begin(string epoch)
    {
        lock (_gate)
        {
            if (_epoch == epoch) return;
            _epoch = epoch;
            _changes.Clear();
        }
    }

    /// <summary>Takes up to this many ranges, oldest messages first, in order and without overlap.</summary>
    public (string Epoch, DeliveredRange[] Ranges) Take(int max)
    {
        lock (_gate)
        {
            List<DeliveredRange> ranges = [];
            var (at, clients) = (0L, 0L);
            foreach (var (offset, change) in _changes)
            {
                if (ranges.Count == max) break;
                if (clients > 0) ranges.Add(new DeliveredRange(at + 1, offset, clients));
                (at, clients) = (offset, clients + change);
            }

            Forget(at, clients);
            return (_epoch, [.. ranges]);
        }
    }

    /// <summary>Of how many messages the counts were dropped since the last time.</summary>
    public long TakeDropped()
    {
        lock (_gate)
        {
            var dropped = _dropped;
            _dropped = 0;
            return dropped;
        }
    }

    private void Add(string epoch, ReadOnlySpan<Run> runs)
    {
        lock (_gate)
        {
            if (epoch != _epoch) return;
            foreach (var run in runs)
            {
                Change(run.After, run.Clients);
                Change(run.Upto, -run.Clients);
            }

            while (_changes.Count > maxChanges) DropOldest();
        }
    }

    private void Change(long offset, long clients)
    {
        var change = _changes.GetValueOrDefault(offset) + clients;
        if (change == 0) _changes.Remove(offset);
        else _changes[offset] = change;
    }

    private void DropOldest()
    {
        using var changes = _changes.GetEnumerator();
        changes.MoveNext();
        var (after, clients) = changes.Current;
        changes.MoveNext();
        var next = changes.Current.Key;
        _changes.Remove(after);
        Change(next, clients);
        _dropped += next - after;
    }

    /// <summary>Forgets what lies up to this offset, behind which so many clients were sent a message.</summary>
    private void Forget(long offset, long clients)
    {
        long[] passed = [.. _changes.Keys.TakeWhile(change => change <= offset)];
        foreach (var change in passed) _changes.Remove(change);
        if (clients > 0) _changes[offset] = clients;
    }

    /// <summary>Some clients were sent the same: everything behind one offset up to another.</summary>
    private record struct Run(long After, long Upto, long Clients);

    /// <summary>
    /// What one sender has sent since its last <see cref="Flush"/>. For its thread only. In a sweep nearly all clients are sent
    /// the same range, so the cost per client is two comparisons and an increment.
    /// </summary>
    public sealed class Buffer(DeliveryCounts counts)
    {
        private readonly Run[] _runs = new Run[64];
        private int _count;
        private int _current;

        /// <summary>The log that the offsets belong to.</summary>
        public string Epoch { get; private set; } = "";

        /// <summary>Offsets are of this log from now on.</summary>
        public void Begin(string epoch)
        {
            if (Epoch == epoch) return;
            Flush();
            Epoch = epoch;
        }

        /// <summary>A client was sent everything behind one offset up to another.</summary>
        public void Add(long after, long upto)
        {
            ref var run = ref _runs[_current];
            if (run.After == after && run.Upto == upto) run.Clients++;
            else AddOther(after, upto);
        }

        /// <summary>Once per pass: the only lock that is taken, however many clients were sent something.</summary>
        public void Flush()
        {
            if (_count == 0) return;
            counts.Add(Epoch, _runs.AsSpan(0, _count));
            (_count, _current) = (0, 0);
            _runs[0] = default;
        }

        private void AddOther(long after, long upto)
        {
            // An answer, or a cursor that was moved to where it stands.
            if (after >= upto) return;
            for (var i = 0; i < _count; i++)
            {
                if (_runs[i].After != after || _runs[i].Upto != upto) continue;
                _runs[i].Clients++;
                _current = i;
                return;
            }

            if (_count == _runs.Length) Flush();
            _runs[_count] = new Run(after, upto, 1);
            _current = _count++;
        }
    }
}
