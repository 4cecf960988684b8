using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using NotifyHub.Grains.Settings;
using NotifyHub.Hosting;

namespace NotifyHub.Grains.Accounts;

/// <summary>
/// Counts failed sign-ins. An account is locked only for the network that fails, so a guesser does not lock out others. Very many
/// failures from many networks lock it for all networks except those that it signed in from recently. In memory and bounded:
/// beyond the bound the oldest counts are removed. Not thread-safe.
/// </summary>
internal sealed class SignInGuard(IOptions<SiloOptions> options, TimeProvider time)
{
    /// <summary>As many networks, each with all its attempts, may fail within the lock's time.</summary>
    public const int Networks = 10;

    private const int MaxCounts = 1_000;

    private readonly LruTable<(UInt128 Account, string Network), Count> _counts = new(MaxCounts, count => count.Users == 0);

    /// <summary>Takes the count of this account and network, which stays until <see cref="Leave"/>.</summary>
    public Count Enter(string email, string network) => Use(Key(email), network, options.Value.SignInAttempts);

    /// <summary>The count of all networks that the account is not known to sign in from.</summary>
    public Count EnterStrangers(string email) => Use(Key(email), "", options.Value.SignInAttempts * Networks);

    public static void Leave(Count count) => count.Users--;

    private Count Use(UInt128 account, string network, int maxFailures)
    {
        var count = _counts.GetOrAdd((account, network), () => new Count(maxFailures, options.Value.SignInLock, time));
        count.Users++;
        return count;
    }

    // The address itself may be long, and an attacker can choose it.
    private static UInt128 Key(string email)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(email), hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <summary>Failures within the lock's time. Durations are monotonic: setting the clock has no effect on locks.</summary>
    internal sealed class Count(int maxFailures, TimeSpan lockTime, TimeProvider time)
    {
        private long _failedAt;
        private long _lockedAt;
        private bool _isLocked;

        /// <summary>One at a time: a thousand guesses sent at once must meet the same limit as a thousand sent one by
        /// one.</summary>
        public SemaphoreSlim Gate { get; } = new(1, 1);

        /// <summary>How many attempts have it in use.</summary>
        public int Users { get; set; }

        public int Failures { get; private set; }

        /// <summary>Whose failures they are, for the audit log: the account, or "-" when there is none.</summary>
        public string Who { get; set; } = "-";

        /// <summary>Not null: locked, with the remaining time.</summary>
        public TimeSpan? Lock()
        {
            if (!_isLocked) return null;
            var left = lockTime - time.GetElapsedTime(_lockedAt);
            if (left > TimeSpan.Zero) return left;
            _isLocked = false;
            return null;
        }

        /// <summary>Counts a failure. True: it reached the limit and is locked now.</summary>
        public bool Fail()
        {
            if (time.GetElapsedTime(_failedAt) >= lockTime) Failures = 0;
            _failedAt = time.GetTimestamp();
            if (++Failures < maxFailures) return false;
            (Failures, _isLocked, _lockedAt) = (0, true, _failedAt);
            return true;
        }

        /// <summary>Undoes the last count.</summary>
        public void TakeBack() => Failures = Math.Max(0, Failures - 1);

        public void Forget() => Failures = 0;
    }
}
