using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// Adds up requests of callers who did not log in, per minute, address and endpoint, until they are reported. Strangers choose how many
/// requests they make, not how much is kept: a minute lists so many sums one by one, and the rest under the address "*". For any thread.
/// </summary>
internal sealed class AnonymousTally(TimeProvider time)
{
    /// <summary>Sums that a minute lists one by one.</summary>
    public const int MaxSums = 256;

    /// <summary>Of those, for one address: one that tries everything leaves room for others.</summary>
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
            // While what was added waits (the grid is away), time stands still for it: a long outage must not add minute after minute.
            if (_sums.Count == 0) Begin(time.GetUtcNow());
            var key = new Key(request.Address, request.Method, request.Route, request.Status);
            if (!IsListed(key)) key = key with { Address = OtherAddresses };
            var sum = _sums.GetValueOrDefault(key);
            _sums[key] = new Sum(
                sum.Requests + 1, sum.Duration + request.Duration, sum.Longest > request.Duration ? sum.Longest : request.Duration);
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
