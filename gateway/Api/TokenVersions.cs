using NotifyHub.Gateway.Cluster;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// Whether a login token still stands: a token names the version of its user, which being disabled, a new role and a new password
/// change. The grid is asked at most once a second a user, so that a token that was ended is refused everywhere within 5 s.
/// </summary>
public sealed class TokenVersions(IGrainFactory grains, TimeProvider time)
{
    // With the time of a call, made twice at most, well below the 5 s.
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(1);

    // A bound on memory only: a gateway that sees more people at once asks some of them anew.
    private const int Most = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Answer> _answers = [];

    /// <exception cref="TimeoutException">The grid does not answer: nobody can say.</exception>
    public async Task<bool> StandsAsync(long userId, long version, CancellationToken cancellation)
    {
        var known = await Ask(userId, isFresh: false).WaitAsync(cancellation);
        // Issued after the answer that is kept here: after a change of password, the new token comes at once.
        if (known is null || known < version) known = await Ask(userId, isFresh: true, known).WaitAsync(cancellation);
        return known == version;
    }

    /// <summary>After a change made through this gateway, which then need not wait for it to be seen.</summary>
    public void Forget(long userId)
    {
        lock (_lock) _answers.Remove(userId);
    }

    private Task<long?> Ask(long userId, bool isFresh, long? unlike = null)
    {
        lock (_lock)
        {
            if (_answers.TryGetValue(userId, out var kept) && IsGood(kept)) return kept.Version;
            if (_answers.Count >= Most) _answers.Clear();
            var asked = AskAsync(userId);
            _answers[userId] = new Answer(asked, time.GetTimestamp());
            return asked;
        }

        // Old counts from the question: what happened since is not in the answer. Who wants a fresh one may share one that is under way,
        // or that somebody else who wanted it has brought meanwhile.
        bool IsGood(Answer answer) => !answer.Version.IsCompleted
            || (answer.Version.IsCompletedSuccessfully
                && time.GetElapsedTime(answer.AskedAt) < Age
                && !(isFresh && answer.Version.Result == unlike));
    }

    private async Task<long?> AskAsync(long userId)
    {
        var accounts = grains.GetGrain<IAccountGrain>(GrainKeys.Only);
        try
        {
            return await accounts.TokenVersionAsync(userId).WaitAsync(GridLink.Patience, time);
        }
        catch (TimeoutException)
        {
            // A call to a silo that has died is lost without a word; the next one goes by way of another.
            return await accounts.TokenVersionAsync(userId).WaitAsync(GridLink.Patience, time);
        }
    }

    private readonly record struct Answer(Task<long?> Version, long AskedAt);
}
