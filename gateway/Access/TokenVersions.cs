using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>
/// Whether a login token still stands: a token names the version of its user, which being disabled, a new role and a new password
/// change. The grid is asked at most once per second and user, so that a token that was ended is refused everywhere within 5 s.
/// </summary>
public sealed class TokenVersions(IGrainFactory grains, TimeProvider time)
{
    private readonly RecentAnswers<long, long?> _answers = new(time);

    /// <exception cref="TimeoutException">The grid does not answer, so the result is unknown.</exception>
    public async Task<bool> StandsAsync(long userId, long version, CancellationToken cancellation)
    {
        var known = await AskAsync(userId).WaitAsync(cancellation);
        // The token was issued after the cached answer: after a change of password, the new token is used at once. An answer that
        // another caller has fetched meanwhile will do.
        if (known is null || known < version)
            return version == await AskAsync(userId, answer => answer != known).WaitAsync(cancellation);
        return known == version;
    }

    /// <summary>After a change made through this gateway, which then need not wait for it to be seen.</summary>
    public void Forget(long userId) => _answers.Forget(userId);

    private Task<long?> AskAsync(long userId, Predicate<long?>? isGood = null) =>
        _answers.AskAsync(userId, () => grains.GetGrain<IAccountGrain>(GrainKeys.Only).TokenVersionAsync(userId), isGood);
}
