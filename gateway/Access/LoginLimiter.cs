using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using NotifyHub.GrainInterfaces;
using NotifyHub.Hosting;

namespace NotifyHub.Gateway.Access;

/// <summary>
/// Limits the failed logins of a network per minute, across all e-mail addresses. A user who logged in from there recently is
/// not affected. (The grid limits the failures of one account.)
/// </summary>
public sealed class LoginLimiter(int failuresPerMinute, TimeProvider time) : IDisposable
{
    // Without these, a network could start a thousand guesses before the first of them has failed.
    private const int MaxConcurrentAttempts = 8;
    private const int MaxQueuedAttempts = 64;

    // Bounds on memory only: beyond them the oldest is forgotten.
    private const int MaxNetworks = 50_000;
    private const int MaxLogins = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LoginKnownFor = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly LruTable<string, Failures> _failures = new(MaxNetworks);
    private readonly LruTable<UInt128, Login> _logins = new(MaxLogins);

    private readonly PartitionedRateLimiter<string> _attempts = PartitionedRateLimiter.Create<string, string>(
        network => RateLimitPartition.GetConcurrencyLimiter(network, _ => new ConcurrencyLimiterOptions
        {
            PermitLimit = MaxConcurrentAttempts,
            QueueLimit = MaxQueuedAttempts,
        }));

    /// <summary>Begins an attempt whose body has been read: to be disposed of at its end. Not acquired: refused
    /// without a look at its password.</summary>
    public ValueTask<RateLimitLease> AttemptAsync(string network, CancellationToken cancellation) =>
        _attempts.AcquireAsync(network, 1, cancellation);

    /// <summary>Not null: this network has failed too often; how long until it may try again.</summary>
    /// <param name="email">Whose login it is to be; null: that could not be read.</param>
    public TimeSpan? Wait(string network, string? email)
    {
        lock (_lock)
        {
            if (!_failures.TryGet(network, out var failures) || failures.Count < failuresPerMinute) return null;
            var left = Window - time.GetElapsedTime(failures.Begun);
            if (left <= TimeSpan.Zero) return null;
            var isKnown = email is not null && _logins.TryGet(Key(network, email), out var login)
                && time.GetElapsedTime(login.At) < LoginKnownFor;
            return isKnown ? null : left;
        }
    }

    public void NoteFailure(string network)
    {
        lock (_lock)
        {
            var failures = _failures.GetOrAdd(network, () => new Failures { Begun = time.GetTimestamp() });
            if (time.GetElapsedTime(failures.Begun) >= Window) (failures.Begun, failures.Count) = (time.GetTimestamp(), 0);
            failures.Count++;
        }
    }

    public void NoteSuccess(string network, string email)
    {
        lock (_lock) _logins.GetOrAdd(Key(network, email), () => new Login()).At = time.GetTimestamp();
    }

    public void Dispose() => _attempts.Dispose();

    private static UInt128 Key(string network, string email)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{network}\n{GrainKeys.NormaliseEmail(email)}"), hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private sealed class Failures
    {
        public long Begun { get; set; }

        public int Count { get; set; }
    }

    private sealed class Login
    {
        public long At { get; set; }
    }
}
