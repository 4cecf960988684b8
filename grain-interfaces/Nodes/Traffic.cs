namespace NotifyHub.GrainInterfaces;

/// <summary>What a gateway has moved since it started. Cumulative, so that a report that is lost loses nothing.</summary>
/// <param name="Head">The newest offset of the public channel that it has; -1 before it knows the channel.</param>
/// <param name="Deliveries">Messages of the channel sent to clients; answers to clients are not among them.</param>
/// <param name="Latencies">Counts of delivery latencies per bucket of <see cref="LatencyBuckets"/>; empty buckets at the end are
/// left out.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.Traffic")]
public sealed record Traffic(
    [property: Id(0)] long Head,
    [property: Id(1)] long Deliveries,
    [property: Id(2)] long[] Latencies);
