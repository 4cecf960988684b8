using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Service;

/// <summary>
/// Makes points in time of what the gateways report since their start. A gateway counts from its first report on: what it did
/// before may be long ago. Not thread-safe: one grain owns it.
/// </summary>
public sealed class TrafficSeries(TimeProvider time)
{
    public const int MaxPoints = 60;

    /// <summary>Seconds a point.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Queue<TrafficPoint> _points = new(MaxPoints);
    private readonly Dictionary<string, Traffic> _counted = new(StringComparer.Ordinal);
    private long _countedAt = time.GetTimestamp();
    private long _head = -1;

    public TrafficPoint[] Points => [.. _points];

    /// <summary>A gateway has reported: whatever it does from its first report on counts.</summary>
    public void Begin(string gatewayId, Traffic traffic)
    {
        _counted.TryAdd(gatewayId, traffic);
        if (_head < 0) _head = traffic.Head;
    }

    /// <summary>Ends the current point.</summary>
    /// <param name="nodes">Those that are alive. What another one did since its last point is lost with it.</param>
    public void Add(IReadOnlyCollection<NodeStatus> nodes)
    {
        var now = time.GetTimestamp();
        var seconds = Math.Max(time.GetElapsedTime(_countedAt, now).TotalSeconds, 0.001);
        _countedAt = now;

        var latencies = new long[LatencyBuckets.Count];
        var (deliveries, head) = (0L, -1L);
        Dictionary<string, Traffic> current = new(StringComparer.Ordinal);
        foreach (var report in nodes.Select(node => node.Report))
        {
            if (report.Traffic is not { } traffic) continue;
            current[report.Id] = traffic;
            var before = _counted.GetValueOrDefault(report.Id, traffic);
            deliveries += traffic.Deliveries - before.Deliveries;
            head = Math.Max(head, traffic.Head);
            for (var i = 0; i < Math.Min(traffic.Latencies.Length, latencies.Length); i++)
                latencies[i] += traffic.Latencies[i] - (i < before.Latencies.Length ? before.Latencies[i] : 0);
        }

        // Every message raises the channel's head by one, from every publisher. A head that fell is another log's.
        var publishes = _head < 0 ? 0 : Math.Max(0, head - _head);
        if (head >= 0) _head = head;
        _counted.Clear();
        foreach (var (id, traffic) in current) _counted.Add(id, traffic);

        if (_points.Count == MaxPoints) _points.Dequeue();
        _points.Enqueue(new TrafficPoint(
            time.GetUtcNow(),
            nodes.Sum(node => (long)node.Report.Connections),
            Math.Round(publishes / seconds, 2),
            Math.Round(deliveries / seconds, 2),
            LatencyBuckets.QuantileMs(latencies, 0.5),
            LatencyBuckets.QuantileMs(latencies, 0.99)));
    }
}
