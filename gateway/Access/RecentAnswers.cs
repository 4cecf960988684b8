using NotifyHub.Gateway.Cluster;

namespace NotifyHub.Gateway.Access;

/// <summary>
/// What the grid answered lately. Whoever asks what somebody asks already shares that answer, and for a second from the question on everybody has
/// it: a crowd that asks the same is one call. A failure is told to those who wait for it, and not kept.
/// </summary>
/// <remarks>What ends in the grid so ends here within 5 s: one second, and the time of a call that is made twice at most.</remarks>
public sealed class RecentAnswers<TQuestion, TAnswer>(TimeProvider time)
    where TQuestion : notnull
{
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(1);

    // A bound on memory only: a gateway that is asked more within a second asks the grid some of it anew.
    private const int Most = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<TQuestion, Asked> _asked = [];

    /// <param name="ask">Calls a grain.</param>
    /// <param name="isGood">Whether an answer that was kept will do; null: any does.</param>
    /// <exception cref="TimeoutException">The grid does not answer: nobody can say.</exception>
    public Task<TAnswer> AskAsync(TQuestion question, Func<Task<TAnswer>> ask, Predicate<TAnswer>? isGood = null)
    {
        lock (_lock)
        {
            if (_asked.TryGetValue(question, out var kept) && IsGood(kept)) return kept.Answer;
            if (_asked.Count >= Most) _asked.Clear();
            // Old counts from the question: what happened since is not in the answer.
            var askedAt = time.GetTimestamp();
            var answer = AskTwiceAsync(ask);
            _asked[question] = new Asked(answer, askedAt);
            return answer;
        }

        bool IsGood(Asked asked) => !asked.Answer.IsCompleted
            || (asked.Answer.IsCompletedSuccessfully && time.GetElapsedTime(asked.At) < Age && isGood?.Invoke(asked.Answer.Result) != false);
    }

    /// <summary>After a change made through this gateway, which then need not wait for it to be seen.</summary>
    public void Forget(TQuestion question)
    {
        lock (_lock) _asked.Remove(question);
    }

    /// <summary>The same for whatever was answered so; what is still to be answered might be, and is forgotten as well.</summary>
    public void Forget(Predicate<TAnswer> answered)
    {
        lock (_lock)
        {
            foreach (var (question, asked) in _asked)
                if (!asked.Answer.IsCompletedSuccessfully || answered(asked.Answer.Result)) _asked.Remove(question);
        }
    }

    private async Task<TAnswer> AskTwiceAsync(Func<Task<TAnswer>> ask)
    {
        try
        {
            return await ask().WaitAsync(GridLink.Patience, time);
        }
        catch (TimeoutException)
        {
            // A call to a silo that has died is lost without a word; the next one goes by way of another.
            return await ask().WaitAsync(GridLink.Patience, time);
        }
    }

    private readonly record struct Asked(Task<TAnswer> Answer, long At);
}
