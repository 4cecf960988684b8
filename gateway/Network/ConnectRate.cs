using System.Runtime.InteropServices;
using NotifyHub.Hosting;

namespace NotifyHub.Gateway.Network;

/// <summary>
/// How many WebSockets one address (of IPv6 one /64) may open per second; ten seconds' worth may come at once. As many again are
/// refused with an answer, so that well-behaved clients learn when to retry; the rest is dropped without one.
/// </summary>
/// <param name="perSecond">0: no limit.</param>
public sealed class ConnectRate(int perSecond, TimeProvider time)
{
    private const int MaxAddresses = 100_000;

    /// <summary>An unused bucket is full after this long, and need not be kept.</summary>
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(10);

    private readonly double _capacity = perSecond * Burst.TotalSeconds;
    private readonly Lock _lock = new();
    private Dictionary<string, Bucket> _recent = new(StringComparer.Ordinal);
    private Dictionary<string, Bucket> _older = new(StringComparer.Ordinal);
    private long _recentSince = time.GetTimestamp();

    public ConnectVerdict Take(string address)
    {
        if (perSecond == 0) return ConnectVerdict.Granted;
        var network = AddressPrefix.Of(address);
        lock (_lock)
        {
            Forget();
            ref var bucket = ref CollectionsMarshal.GetValueRefOrAddDefault(_recent, network, out var isKnown);
            if (!isKnown && !_older.TryGetValue(network, out bucket))
                bucket = new Bucket(_capacity, _capacity, time.GetTimestamp());
            return bucket.Take(perSecond, _capacity, time);
        }
    }

    private void Forget()
    {
        if (time.GetElapsedTime(_recentSince) < Burst && _recent.Count < MaxAddresses) return;
        (_older, _recent) = (_recent, _older);
        _recent.Clear();
        _recentSince = time.GetTimestamp();
    }

    private struct Bucket(double connects, double answers, long at)
    {
        private double _connects = connects;
        private double _answers = answers;
        private long _at = at;

        public ConnectVerdict Take(int perSecond, double capacity, TimeProvider time)
        {
            var now = time.GetTimestamp();
            var more = time.GetElapsedTime(_at, now).TotalSeconds * perSecond;
            (_connects, _answers, _at) = (Math.Min(capacity, _connects + more), Math.Min(capacity, _answers + more), now);
            if (TryTake(ref _connects)) return ConnectVerdict.Granted;
            return TryTake(ref _answers) ? ConnectVerdict.Refused : ConnectVerdict.Dropped;
        }

        private static bool TryTake(ref double tokens)
        {
            if (tokens < 1) return false;
            tokens--;
            return true;
        }
    }
}
