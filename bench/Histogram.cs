using System.Numerics;

namespace NotifyHub.Bench;

/// <summary>
/// Counts of microseconds in log-linear buckets: exact below 128 µs, then 64 buckets per doubling, so that a quantile is at most
/// 1.6 % too high. Not thread-safe: use one per thread and add them up.
/// </summary>
internal sealed class Histogram
{
    private const int Linear = 128;
    private const int PerDoubling = 64;
    private const int LinearBits = 7;

    // 2^36 µs are 19 hours, longer than any run. Larger values are counted in the last bucket.
    private const int Buckets = Linear + ((36 - LinearBits) * PerDoubling);

    private readonly long[] _counts = new long[Buckets];

    public long Count { get; private set; }

    public long Max { get; private set; }

    public double Sum { get; private set; }

    public double Mean => Count == 0 ? 0 : Sum / Count;

    public void Record(long micros)
    {
        // Only two different clocks give a negative value; one clock rounds to zero.
        if (micros < 0) micros = 0;
        _counts[BucketOf(micros)]++;
        Count++;
        Sum += micros;
        if (micros > Max) Max = micros;
    }

    public void Add(Histogram other)
    {
        for (var i = 0; i < Buckets; i++) _counts[i] += other._counts[i];
        Count += other.Count;
        Sum += other.Sum;
        Max = Math.Max(Max, other.Max);
    }

    /// <summary>The smallest bucket bound that at least this share of the values does not exceed; 0 without values.</summary>
    /// <param name="share">0 to 1.</param>
    public long Quantile(double share)
    {
        if (Count == 0) return 0;
        var wanted = Math.Max(1, (long)Math.Ceiling(share * Count));
        long seen = 0;
        for (var i = 0; i < Buckets; i++)
        {
            seen += _counts[i];
            if (seen >= wanted) return Math.Min(HighestOf(i), Max);
        }
        return Max;
    }

    internal static int BucketOf(long micros)
    {
        if (micros < Linear) return (int)micros;
        var shift = BitOperations.Log2((ulong)micros) - LinearBits + 1;
        var bucket = Linear + ((shift - 1) * PerDoubling) + (int)(micros >> shift) - PerDoubling;
        return Math.Min(bucket, Buckets - 1);
    }

    internal static long HighestOf(int bucket)
    {
        if (bucket < Linear) return bucket;
        var shift = ((bucket - Linear) / PerDoubling) + 1;
        var mantissa = ((bucket - Linear) % PerDoubling) + PerDoubling;
        return ((mantissa + 1L) << shift) - 1;
    }
}
