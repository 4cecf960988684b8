using System.Diagnostics;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>
/// Measures how long a batch takes from the moment its first message was accepted until the last cursor of this gateway is past
/// it. Nothing is done per client: each sender reports after a pass how far all of its clients are, and a batch has arrived when
/// the last sender is past it.
/// </summary>
public sealed class DeliveryTimes(GatewayMetrics metrics, TimeProvider time)
{
    // A client that takes nothing more holds all of them up until it is cut off.
    private const int MaxOnTheWay = 4_096;

    private readonly Lock _gate = new();
    private readonly Queue<Batch> _onTheWay = new();
    private readonly List<Progress> _senders = [];
    private readonly long[] _counts = new long[LatencyBuckets.Count];
    private long _newest;

    /// <summary>A sender takes part; it reports to what it gets.</summary>
    public Progress Join()
    {
        lock (_gate)
        {
            var progress = new Progress(this);
            _senders.Add(progress);
            return progress;
        }
    }

    /// <summary>A batch was appended to the log.</summary>
    /// <param name="offset">Of its last message.</param>
    /// <param name="acceptedAt">When its first message was accepted, by the clock of who took it in.</param>
    /// <param name="span">Ended when the batch has arrived.</param>
    public void Begin(long offset, DateTimeOffset acceptedAt, Activity? span = null)
    {
        lock (_gate)
        {
            // It came twice, by push and by pull.
            if (offset <= _newest)
            {
                span?.Dispose();
                return;
            }

            _newest = offset;
            // At the bound a batch is counted as if it had arrived now: too early rather than not at all.
            if (_onTheWay.Count == MaxOnTheWay) Count(_onTheWay.Dequeue());
            _onTheWay.Enqueue(new Batch(offset, acceptedAt, span));
            CountArrived();
        }
    }

    /// <summary>The channel restarts, and so do its offsets.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            while (_onTheWay.TryDequeue(out var batch)) batch.Span?.Dispose();
            _newest = 0;
            foreach (var sender in _senders) sender.Offset = 0;
        }
    }

    /// <summary>Since the start, by <see cref="LatencyBuckets"/>; empty buckets at the end are left out.</summary>
    public long[] Counts()
    {
        lock (_gate) return _counts.AsSpan(0, Array.FindLastIndex(_counts, count => count > 0) + 1).ToArray();
    }

    private void CountArrived()
    {
        var passed = long.MaxValue;
        foreach (var sender in _senders) passed = Math.Min(passed, sender.Offset);
        while (_onTheWay.TryPeek(out var batch) && batch.Offset <= passed) Count(_onTheWay.Dequeue());
    }

    private void Count(Batch batch)
    {
        var latency = time.GetUtcNow() - batch.AcceptedAt;
        _counts[LatencyBuckets.Of(latency)]++;
        metrics.Delivered(latency < TimeSpan.Zero ? TimeSpan.Zero : latency);
        batch.Span?.Dispose();
    }

    private readonly record struct Batch(long Offset, DateTimeOffset AcceptedAt, Activity? Span);

    /// <summary>How far all the clients of one sender are.</summary>
    public sealed class Progress(DeliveryTimes times)
    {
        internal long Offset { get; set; }

        /// <summary>Each of its clients that follows the log has been sent everything up to here.</summary>
        public void Report(long offset)
        {
            lock (times._gate)
            {
                if (Offset == offset) return;
                Offset = offset;
                times.CountArrived();
            }
        }
    }
}
