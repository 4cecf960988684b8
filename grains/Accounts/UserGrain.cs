using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Audit;
using NotifyHub.Grains.Settings;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Accounts;

/// <summary>
/// Signs in the addresses of its share. Failures are kept in memory: an idle grain is collected only after a time that is longer
/// than the lock.
/// </summary>
[Reentrant, GrainType("user"), CollectionAgeLimit(Minutes = 5)]
public sealed partial class UserGrain : Grain, IUserGrain
{
    // Each queued attempt costs a core a tenth of a second; beyond this many of one account and network are refused unchecked.
    private const int MaxQueuedAttempts = 64;
    private static readonly TimeSpan QueueFull = TimeSpan.FromSeconds(1);

    private readonly UserStore _store;
    private readonly Passwords _passwords;
    private readonly FailedLogins _failed;
    private readonly TimeSpan _lockTime;
    private readonly ILogger _logger;
    private readonly SignInGuard _guard;

    public UserGrain(
        UserStore store, Passwords passwords, FailedLogins failed, IOptions<SiloOptions> options, TimeProvider time,
        ILogger<UserGrain> logger)
    {
        (_store, _passwords, _failed, _logger) = (store, passwords, failed, logger);
        (_lockTime, _guard) = (options.Value.SignInLock, new SignInGuard(options, time));
    }

    public Task<SignIn> SignInAsync(string email, string password, ClientAddress from) => InTurnAsync(email, from, async count =>
    {
        var answer = await CheckAsync(email, password, from, count);
        if (answer.User is not { } user) return answer;
        if (user.HasDefaultPassword && !from.IsThisMachine)
        {
            _failed.Note(user.Email, from.Network);
            return new SignIn(null, null, IsDefaultPassword: true);
        }

        await NoteLoginAsync(user, from);
        return answer;
    });

    public Task<SignIn> ChangePasswordAsync(
        string email, string current, string next, ClientAddress from) => InTurnAsync(email, from, async count =>
    {
        var answer = await CheckAsync(email, current, from, count);
        if (answer.User is not { } user) return answer;
        var hash = await _passwords.HashAsync(next);
        // No user: an administrator changed it meanwhile, and the password that was checked is no longer valid.
        return new SignIn(await _store.SetPasswordAsync(user.Id, hash, user.TokenVersion, from.Network), null);
    });

    private async Task<SignIn> InTurnAsync(string email, ClientAddress from, Func<SignInGuard.Count, Task<SignIn>> work)
    {
        email = GrainKeys.NormaliseEmail(email);
        var count = _guard.Enter(email, from.Network);
        try
        {
            if (count.Users > MaxQueuedAttempts) return new SignIn(null, QueueFull, IsBusy: true);
            await count.Gate.WaitAsync();
            try
            {
                if (count.Lock() is not { } left) return await work(count);
                _failed.Note(count.Who, from.Network);
                return new SignIn(null, left);
            }
            finally
            {
                count.Gate.Release();
            }
        }
        finally
        {
            SignInGuard.Leave(count);
        }
    }

    private async Task<SignIn> CheckAsync(string email, string password, ClientAddress from, SignInGuard.Count count)
    {
        var stored = await _store.FindAsync(email, from.Network);
        count.Who = stored?.User.Email ?? FailedLogins.Nobody;
        var strangers = stored?.KnowsNetwork == true ? null : _guard.EnterStrangers(GrainKeys.NormaliseEmail(email));
        try
        {
            if (strangers?.Lock() is { } left)
            {
                _failed.Note(count.Who, from.Network);
                return new SignIn(null, left);
            }

            // A flood of logins from everywhere delays logins from unknown networks, not those from networks that a user knows.
            if (strangers is not null && _passwords.IsBusy) return new SignIn(null, QueueFull, IsBusy: true);
            // Before it is checked: a thousand networks that guess at once must meet the same limit as well.
            if (strangers?.Fail() == true) KeepLock();
            // A disabled user is refused like a wrong password, after the same work.
            if (await _passwords.VerifyAsync(stored?.PasswordHash, password) && stored!.User.DisabledAt is null)
            {
                strangers?.TakeBack();
                count.Forget();
                return new SignIn(stored.User, null);
            }
        }
        finally
        {
            if (strangers is not null) SignInGuard.Leave(strangers);
        }

        _failed.Note(count.Who, from.Network);
        if (!count.Fail()) return new SignIn(null, null);
        KeepLock();
        return new SignIn(null, _lockTime);
    }

    private void KeepLock() => DelayDeactivation(_lockTime);

    private async Task NoteLoginAsync(User user, ClientAddress from)
    {
        try
        {
            await _store.NoteLoginAsync(user, from);
        }
        catch (StorageUnavailableException failure)
        {
            // The password is right, and an administrator must be able to log in to see, for example, that the disk is full.
            LogNotNoted(user.Id, from.Address, failure.Message);
        }
    }

    [LoggerMessage(201, LogLevel.Warning, "The login of user {Id} from {Address} could not be recorded: {Error}")]
    private partial void LogNotNoted(long id, string address, string error);
}
