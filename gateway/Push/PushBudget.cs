namespace NotifyHub.Gateway.Push;

/// <summary>
/// Memory that the lines of all push connections may take until they are published and answered. At the bound nothing is refused:
/// connections are read from in turn as it becomes free, and what they send meanwhile waits in their sockets.
/// </summary>
public sealed class PushBudget(long maxBytes)
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private long _used;

    public long Used => Volatile.Read(ref _used);

    /// <summary>True: there is room to take lines now. Otherwise wait by <see cref="WaitAsync"/>.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_lock) return _used < maxBytes && _waiting.Count == 0;
        }
    }

    /// <summary>Waits for room, first come, first served. <see cref="Take"/> must follow.</summary>
    public Task WaitAsync()
    {
        lock (_lock)
        {
            if (_used < maxBytes && _waiting.Count == 0) return Task.CompletedTask;
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
            return turn.Task;
        }
    }

    /// <summary>Counts what was taken. May exceed the bound by one batch per thread that takes lines at the same
    /// moment.</summary>
    public void Take(long bytes)
    {
        lock (_lock)
        {
            _used += bytes;
            WakeNext();
        }
    }

    public void Return(long bytes)
    {
        lock (_lock)
        {
            _used -= bytes;
            WakeNext();
        }
    }

    // One at a time: each wakes the next when it has taken what it needs.
    private void WakeNext()
    {
        if (_used < maxBytes && _waiting.TryDequeue(out var next)) next.SetResult();
    }
}
