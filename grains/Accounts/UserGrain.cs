using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Accounts;

/// <summary>
/// Signs one address in. Failures are memory: who makes the grid forget them by waiting until an idle grain is collected has
/// waited longer than the lock.
/// </summary>
[Reentrant, GrainType("user"), CollectionAgeLimit(Minutes = 5)]
public sealed partial class UserGrain(
    UserStore store, Passwords passwords, IOptions<SiloOptions> options, TimeProvider time, ILogger<UserGrain> log)
    : Grain, IUserGrain, IDisposable
{
    // Each attempt in the queue costs a core a tenth of a second; more than these are not even looked at.
    private const int QueueLimit = 64;
    private static readonly TimeSpan QueueFull = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private int _queued;
    private int _failures;
    private long? _failedAt;
    private long? _lockedAt;

    public Task<SignIn> SignInAsync(string password) => InTurnAsync(async () =>
    {
        var answer = await CheckAsync(password);
        if (answer.User is { } user) await NoteLoginAsync(user);
        return answer;
    });

    public Task<SignIn> ChangePasswordAsync(string current, string next) => InTurnAsync(async () =>
    {
        var answer = await CheckAsync(current);
        if (answer.User is not { } user) return answer;
        // Changed by an administrator while this one was checked: what was checked holds no longer.
        return new SignIn(await store.SetPasswordAsync(user.Id, await passwords.HashAsync(next), user.TokenVersion), null);
    });

    public void Dispose() => _turn.Dispose();

    private async Task<SignIn> InTurnAsync(Func<Task<SignIn>> work)
    {
        if (_queued >= QueueLimit) return new SignIn(null, QueueFull);

        _queued++;
        // One at a time: a thousand guesses sent at once must meet the same limit as a thousand sent one by one.
        await _turn.WaitAsync();
        try
        {
            return await work();
        }
        finally
        {
            _turn.Release();
            _queued--;
        }
    }

    private async Task<SignIn> CheckAsync(string password)
    {
        var lockTime = options.Value.SignInLock;
        if (_lockedAt is { } lockedAt && time.GetElapsedTime(lockedAt) is var locked && locked < lockTime) return new SignIn(null, lockTime - locked);
        if (_failedAt is { } failedAt && time.GetElapsedTime(failedAt) >= lockTime) _failures = 0;

        var stored = await store.FindAsync(GrainKeys.UserEmail(this.GetPrimaryKeyString()));
        // Who is disabled is refused like anybody with a wrong password, after the same work.
        if (await passwords.VerifyAsync(stored?.PasswordHash, password) && stored!.User.DisabledAt is null)
        {
            _failures = 0;
            return new SignIn(stored.User, null);
        }

        _failedAt = time.GetTimestamp();
        if (++_failures < options.Value.SignInAttempts) return new SignIn(null, null);

        _failures = 0;
        _lockedAt = _failedAt;
        DelayDeactivation(lockTime);
        return new SignIn(null, lockTime);
    }

    private async Task NoteLoginAsync(User user)
    {
        try
        {
            await store.NoteLoginAsync(user.Id);
        }
        catch (StorageUnavailableException failure)
        {
            // The password is right; when it was used is for administrators only.
            LogNotNoted(user.Id, failure.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The login of user {Id} could not be noted: {Failure}")]
    private partial void LogNotNoted(long id, string failure);
}
