using System.Runtime.InteropServices;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// The limits of publishes per second of a log's channels. A channel may use up a second's worth at once. One that was idle for a
/// second has all of it again, so nothing is remembered of it.
/// </summary>
internal sealed class ChannelRates(TimeProvider time)
{
    // At the bound, channels that are new are not limited until others have been idle: no log takes that many in a second.
    private const int MaxChannels = 65_536;

    private static readonly TimeSpan Full = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Drafts, int Max)> _wanted = new(StringComparer.Ordinal);
    private long _sweptAt = time.GetTimestamp();

    /// <summary>Counts the drafts if none of their channels' limits is broken.</summary>
    /// <exception cref="ChannelRateException">One is; nothing was counted.</exception>
    public void Take(Draft[] drafts)
    {
        _wanted.Clear();
        foreach (var draft in drafts)
        {
            if (draft.Target is not { MaxPerSecond: { } max } target) continue;
            ref var wanted = ref CollectionsMarshal.GetValueRefOrAddDefault(_wanted, target.Channel, out _);
            wanted = (wanted.Drafts + 1, max);
        }

        if (_wanted.Count == 0) return;
        var now = time.GetTimestamp();
        Sweep(now);
        foreach (var (channel, (count, max)) in _wanted)
        {
            if (Tokens(channel, max, now) is var tokens && tokens < count)
                throw new ChannelRateException(channel, count > max ? null : TimeSpan.FromSeconds((count - tokens) / max));
        }

        foreach (var (channel, (count, max)) in _wanted)
        {
            if (_buckets.Count < MaxChannels || _buckets.ContainsKey(channel))
                _buckets[channel] = new Bucket(Tokens(channel, max, now) - count, now);
        }
    }

    private double Tokens(string channel, int max, long now) => _buckets.TryGetValue(channel, out var bucket)
        ? Math.Min(max, bucket.Tokens + (time.GetElapsedTime(bucket.At, now).TotalSeconds * max))
        : max;

    private void Sweep(long now)
    {
        if (time.GetElapsedTime(_sweptAt, now) < Full) return;
        _sweptAt = now;
        foreach (var (channel, bucket) in _buckets)
            if (time.GetElapsedTime(bucket.At, now) >= Full) _buckets.Remove(channel);
    }

    private readonly record struct Bucket(double Tokens, long At);
}
