using System.Numerics;

namespace NotifyHub.GrainInterfaces;

/// <summary>
/// Latencies are counted in log-linear buckets of microseconds: exact below 16 µs, then 8 buckets for each doubling, so that a
/// quantile is at most 12.5 % too high. Counts of several gateways are added up bucket by bucket.
/// </summary>
public static class LatencyBuckets
{
    private const int Linear = 16;
    private const int LinearBits = 4;
    private const int PerDoubling = 8;

    // 2^30 µs are 18 minutes; what is longer is counted in the last bucket.
    private const int LargestBits = 30;

    public const int Count = Linear + (LargestBits - LinearBits) * PerDoubling;

    /// <summary>The bucket of a latency; a negative one, which only two clocks can make, counts as none.</summary>
    public static int Of(TimeSpan latency)
    {
        var micros = Math.Max(0, latency.Ticks / TimeSpan.TicksPerMicrosecond);
        if (micros < Linear) return (int)micros;
        var shift = BitOperations.Log2((ulong)micros) - (LinearBits - 1);
        var bucket = Linear + (shift - 1) * PerDoubling + (int)(micros >> shift) - PerDoubling;
        return Math.Min(bucket, Count - 1);
    }

    /// <summary>The upper bound, in milliseconds, of the bucket that at least this share of the values does not exceed; null
    /// without values.</summary>
    /// <param name="counts">Of each bucket; may end early.</param>
    /// <param name="share">0 to 1.</param>
    public static double? QuantileMs(ReadOnlySpan<long> counts, double share)
    {
        var total = 0L;
        foreach (var count in counts) total += count;
        if (total == 0) return null;
        var wanted = Math.Max(1, (long)Math.Ceiling(share * total));
        var bucket = 0;
        for (var seen = counts[0]; seen < wanted; seen += counts[bucket]) bucket++;
        return UpperMicros(bucket) / 1000.0;
    }

    private static long UpperMicros(int bucket)
    {
        if (bucket < Linear) return bucket + 1;
        var shift = (bucket - Linear) / PerDoubling + 1;
        var mantissa = (bucket - Linear) % PerDoubling + PerDoubling;
        return (mantissa + 1L) << shift;
    }
}
