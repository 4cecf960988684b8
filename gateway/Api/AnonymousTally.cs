using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// Adds up requests without a login, per minute, address and endpoint, until they are reported. The number of requests does not
/// decide how much is kept: a minute has a bounded number of sums, and one more per endpoint for all other addresses ("*").
/// Thread-safe.
/// </summary>
internal sealed class AnonymousTally(TimeProvider time)
{
    /// <summary>Sums per minute with an address of their own.</summary>
    public const int MaxSums = 256;

    /// <summary>Of those, sums for one address, so that an address that tries everything leaves room for others.</summary>
    public const int MaxSumsPerAddress = 16;

    public const string OtherAddresses = "*";

    private readonly Lock _gate = new();
    private readonly Dictionary<Key, Sum> _sums = [];
    private readonly HashSet<Key> _listed = [];
    private readonly Dictionary<string, int> _perAddress = new(StringComparer.Ordinal);
    private DateTimeOffset _minute;

    public void Add(ApiRequest request)
    {
        lock (_gate)
        {
            // While sums wait for a report, the minute stays: a long outage must not add sums minute by minute.
            if (_sums.Count == 0) Begin(time.GetUtcNow());
            var key = new Key(request.Address, request.Method, request.Route, request.Status);
            if (!IsListed(key)) key = key with { Address = OtherAddresses };
            var sum = _sums.GetValueOrDefault(key);
            _sums[key] = new Sum(
                sum.Requests + 1,
                sum.Duration + request.Duration,
                sum.Longest > request.Duration ? sum.Longest : request.Duration);
        }
    }

    public AnonymousRequests[] Take()
    {
        lock (_gate)
        {
            AnonymousRequests[] taken =
            [
                .. _sums.Select(one => new AnonymousRequests(
                    _minute, one.Key.Address, one.Key.Method, one.Key.Route, one.Key.Status,
                    one.Value.Requests, one.Value.Duration, one.Value.Longest)),
            ];
            _sums.Clear();
            return taken;
        }
    }

    private void Begin(DateTimeOffset now)
    {
        var minute = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        if (minute == _minute) return;
        _minute = minute;
        _listed.Clear();
        _perAddress.Clear();
    }

    private bool IsListed(Key key)
    {
        if (_listed.Contains(key)) return true;
        var ofAddress = _perAddress.GetValueOrDefault(key.Address);
        if (_listed.Count >= MaxSums || ofAddress >= MaxSumsPerAddress) return false;
        _listed.Add(key);
        _perAddress[key.Address] = ofAddress + 1;
        return true;
    }

    private readonly record struct Key(string Address, string Method, string Route, int Status);

    private readonly record struct Sum(long Requests, TimeSpan Duration, TimeSpan Longest);
}
