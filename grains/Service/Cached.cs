namespace NotifyHub.Grains.Service;

/// <summary>An answer that may be a little old: one question at a time, shared by all who ask meanwhile. For one grain's own
/// use.</summary>
internal sealed class Cached<T>(TimeSpan age, TimeProvider time, Func<Task<T>> ask)
{
    private Task<T>? _answer;
    private long _askedAt;

    /// <summary>Invalidates the answer: the next call reads again, even while a read is in progress.</summary>
    public void Forget() => _answer = null;

    public Task<T> GetAsync()
    {
        // Old counts from the question, not from the answer: what happened since is not in it.
        if (_answer is null || _answer.IsCompleted && (!_answer.IsCompletedSuccessfully || time.GetElapsedTime(_askedAt) >= age))
        {
            _askedAt = time.GetTimestamp();
            _answer = ask();
        }

        return _answer;
    }
}
