using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Access;

/// <summary>
/// The grid's recent answers. Callers that ask the same question share one call while it runs, and its answer for a second from
/// the beginning of the call. A failure goes to those who wait for it and is not kept.
/// </summary>
/// <remarks>So a change in the grid takes effect here within 5 s: one second, and the time of a call that is made twice at
/// most.</remarks>
public sealed class RecentAnswers<TQuestion, TAnswer>(TimeProvider time)
    where TQuestion : notnull
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    // Bounds memory only: with more questions per second, some are asked again.
    private const int MaxAnswers = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<TQuestion, Asked> _asked = [];

    /// <param name="ask">Calls a grain.</param>
    /// <param name="isGood">Whether a kept answer will do; null: any does.</param>
    /// <exception cref="TimeoutException">The grid does not answer.</exception>
    public Task<TAnswer> AskAsync(TQuestion question, Func<Task<TAnswer>> ask, Predicate<TAnswer>? isGood = null)
    {
        Asked? kept;
        lock (_lock) kept = _asked.GetValueOrDefault(question);
        if (kept is not null && IsGood(kept, isGood)) return kept.Answer;

        // The age counts from here: what happens from now on may not be in the answer.
        var asked = new Asked(time.GetTimestamp());
        lock (_lock)
        {
            // Another caller has asked in the meantime.
            if (_asked.TryGetValue(question, out var newer) && newer != kept) return newer.Answer;
            if (_asked.Count >= MaxAnswers) _asked.Clear();
            _asked[question] = asked;
        }

        asked.Begin(AskTwiceAsync(ask));
        return asked.Answer;
    }

    /// <summary>Drops the answer to a question after a change made through this gateway, so that the change takes effect at
    /// once.</summary>
    public void Forget(TQuestion question)
    {
        lock (_lock) _asked.Remove(question);
    }

    /// <summary>Drops the answers that a change affects, and those that are not there yet, since they may be affected.</summary>
    public void Forget(Predicate<TAnswer> isAffected)
    {
        KeyValuePair<TQuestion, Asked>[] all;
        lock (_lock) all = [.. _asked];
        foreach (var (question, asked) in all)
        {
            if (asked.Answer.IsCompletedSuccessfully && !isAffected(asked.Answer.Result)) continue;
            lock (_lock)
            {
                if (_asked.GetValueOrDefault(question) == asked) _asked.Remove(question);
            }
        }
    }

    private bool IsGood(Asked asked, Predicate<TAnswer>? isGood) => !asked.Answer.IsCompleted
        || (asked.Answer.IsCompletedSuccessfully
            && time.GetElapsedTime(asked.At) < MaxAge
            && isGood?.Invoke(asked.Answer.Result) != false);

    private async Task<TAnswer> AskTwiceAsync(Func<Task<TAnswer>> ask)
    {
        try
        {
            return await ask().WaitAsync(GridCall.Timeout, time);
        }
        catch (TimeoutException)
        {
            // A call to a silo that has died is lost without an error; the next call goes to another silo.
            return await ask().WaitAsync(GridCall.Timeout, time);
        }
    }

    /// <summary>A question that was asked at a time. It is kept before its call begins, so that no call begins under the
    /// lock.</summary>
    private sealed class Asked
    {
        private readonly TaskCompletionSource<Task<TAnswer>> _call = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Asked(long at) => (At, Answer) = (at, _call.Task.Unwrap());

        public long At { get; }

        public Task<TAnswer> Answer { get; }

        public void Begin(Task<TAnswer> call) => _call.SetResult(call);
    }
}
