using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// Slows down an address that guesses: so many failures a minute, whatever the e-mail addresses tried. (One e-mail address guessed
/// at from many places is the grid's to lock.)
/// </summary>
public sealed class LoginLimiter(int failuresPerMinute) : IDisposable
{
    // Without these, an address could have a thousand guesses under way before the first of them has failed.
    private const int AtATime = 8;
    private const int Waiting = 64;

    private readonly PartitionedRateLimiter<string> _failures = PartitionedRateLimiter.Create<string, string>(
        address => RateLimitPartition.GetFixedWindowLimiter(address, _ => new FixedWindowRateLimiterOptions
        {
            PermitLimit = failuresPerMinute,
            Window = TimeSpan.FromMinutes(1),
        }));

    private readonly PartitionedRateLimiter<string> _attempts = PartitionedRateLimiter.Create<string, string>(
        address => RateLimitPartition.GetConcurrencyLimiter(address, _ => new ConcurrencyLimiterOptions
        {
            PermitLimit = AtATime,
            QueueLimit = Waiting,
        }));

    /// <summary>Begins an attempt: to be disposed of at its end. Not acquired: refused unheard.</summary>
    public ValueTask<RateLimitLease> AttemptAsync(string address, CancellationToken cancellation) =>
        _attempts.AcquireAsync(address, 1, cancellation);

    /// <summary>Not null: this address has failed too often; how long until it may try again.</summary>
    public TimeSpan? Wait(string address)
    {
        using var lease = _failures.AttemptAcquire(address, permitCount: 0);
        if (lease.IsAcquired) return null;
        return lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromMinutes(1);
    }

    public void NoteFailure(string address) => _failures.AttemptAcquire(address).Dispose();

    /// <summary>Who is counted as one: an IPv4 address, or the /64 that one IPv6 customer has all of.</summary>
    public static string Address(IPAddress? address)
    {
        if (address is null) return "";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address.ToString();

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes).ToString();
    }

    public void Dispose()
    {
        _failures.Dispose();
        _attempts.Dispose();
    }
}
