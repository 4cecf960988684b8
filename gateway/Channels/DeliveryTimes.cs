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

    private readonly Lock _lock = new();
    private readonly Queue<Batch> _onTheWay = new();
    private readonly List<Progress> _senders = [];
    private readonly long[] _counts = new long[LatencyBuckets.Count];
    private long _newest;

    /// <summary>A sender takes part; it reports to what it gets.</summary>
    public Progress Join()
    {
        lock (_lock)
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
        var isRepeat = false;
        var isArrived = false;
        Arrived arrived = default;
        lock (_lock)
        {
            // It came twice, by push and by pull.
            if (offset <= _newest) isRepeat = true;
            else
            {
                _newest = offset;
                _onTheWay.Enqueue(new Batch(offset, acceptedAt, span));
                isArrived = TryTakeArrived(out arrived);
            }
        }

        if (isRepeat) span?.Dispose();
        if (isArrived) Finish(arrived);
    }

    /// <summary>The channel restarts, and so do its offsets.</summary>
    public void Forget()
    {
        Batch[] forgotten;
        lock (_lock)
        {
            forgotten = [.. _onTheWay];
            _onTheWay.Clear();
            _newest = 0;
            foreach (var sender in _senders) sender.Offset = 0;
        }

        foreach (var batch in forgotten) batch.Span?.Dispose();
    }

    /// <summary>Since the start, by <see cref="LatencyBuckets"/>; empty buckets at the end are left out.</summary>
    public long[] Counts()
    {
        lock (_lock) return _counts.AsSpan(0, Array.FindLastIndex(_counts, count => count > 0) + 1).ToArray();
    }

    private void Report(Progress sender, long offset)
    {
        bool isArrived;
        Arrived arrived;
        lock (_lock)
        {
            if (sender.Offset == offset) return;
            sender.Offset = offset;
            isArrived = TryTakeArrived(out arrived);
        }

        if (isArrived) Finish(arrived);
    }

    /// <summary>Measures this batch and all that arrived with it. Not under the lock: metrics and spans run the code of their
    /// listeners, and every sender waits for the lock. One at a time, so that nothing has to be allocated.</summary>
    private void Finish(Arrived arrived)
    {
        bool isMore;
        do
        {
            metrics.Delivered(arrived.Latency);
            arrived.Span?.Dispose();
            lock (_lock) isMore = TryTakeArrived(out arrived);
        }
        while (isMore);
    }

    /// <summary>Counts and takes the oldest batch if it has arrived. Under the lock.</summary>
    private bool TryTakeArrived(out Arrived arrived)
    {
        arrived = default;
        if (!_onTheWay.TryPeek(out var batch)) return false;
        // Past the bound a batch is counted as if it had arrived now: too early rather than not at all.
        if (_onTheWay.Count <= MaxOnTheWay)
        {
            foreach (var sender in _senders)
                if (sender.Offset < batch.Offset) return false;
        }

        _onTheWay.Dequeue();
        var latency = time.GetUtcNow() - batch.AcceptedAt;
        _counts[LatencyBuckets.Of(latency)]++;
        arrived = new Arrived(latency < TimeSpan.Zero ? TimeSpan.Zero : latency, batch.Span);
        return true;
    }

    private readonly record struct Batch(long Offset, DateTimeOffset AcceptedAt, Activity? Span);

    private readonly record struct Arrived(TimeSpan Latency, Activity? Span);

    /// <summary>How far all the clients of one sender are.</summary>
    public sealed class Progress(DeliveryTimes times)
    {
        /// <summary>Under the lock of <see cref="DeliveryTimes"/>.</summary>
        internal long Offset { get; set; }

        /// <summary>Each of its clients that follows the log has been sent everything up to here.</summary>
        public void Report(long offset) => times.Report(this, offset);
    }
}
