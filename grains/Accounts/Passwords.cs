using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Accounts;

/// <summary>Hashes and checks passwords, off the grains' threads and never more at once than there are cores.</summary>
public sealed class Passwords : IDisposable
{
    // OWASP's figure for PBKDF2 with HMAC-SHA512.
    private const int Iterations = 210_000;

    private readonly PasswordHasher<User> _hasher;
    // Two or three seconds' worth.
    private static readonly int Many = 16 * Environment.ProcessorCount;

    private readonly SemaphoreSlim _cores = new(Environment.ProcessorCount);
    private int _waiting;
    private readonly string _nobodysHash;

    // The hasher ignores the user; its type parameter wants one.
    private static readonly User Nobody = new(0, "", "", "", default);

    /// <summary>Above this queue length, only logins from known networks should be queued.</summary>
    public bool IsBusy => Volatile.Read(ref _waiting) >= Many;

    /// <param name="iterations">What a hash costs; fewer for tests alone.</param>
    public Passwords(int iterations = Iterations)
    {
        _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = iterations }));
        _nobodysHash = _hasher.HashPassword(Nobody, Guid.NewGuid().ToString());
    }

    public Task<string> HashAsync(string password) => OnCoreAsync(() => _hasher.HashPassword(Nobody, password));

    /// <param name="hash">Null when there is no such user: the same work is done, and the answer is false.</param>
    public async Task<bool> VerifyAsync(string? hash, string password)
    {
        var result = await OnCoreAsync(() => _hasher.VerifyHashedPassword(Nobody, hash ?? _nobodysHash, password));
        return hash is not null && result != PasswordVerificationResult.Failed;
    }

    public void Dispose() => _cores.Dispose();

    private async Task<T> OnCoreAsync<T>(Func<T> work)
    {
        Interlocked.Increment(ref _waiting);
        await _cores.WaitAsync();
        try
        {
            return await Task.Run(work);
        }
        finally
        {
            _cores.Release();
            Interlocked.Decrement(ref _waiting);
        }
    }
}
