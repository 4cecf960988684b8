using System.Collections.Concurrent;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// What clients share with the sender that writes for them: the queue of those it has to serve, the signal that wakes its thread,
/// and the count of answers.
/// </summary>
/// <typeparam name="T">The client.</typeparam>
public sealed class ReadyList<T>
    where T : class
{
    private readonly ConcurrentQueue<T> _ready = new();
    private readonly object _wakeUp = new();
    private int _isSignaled;
    private long _answers;

    /// <summary>Clients that wait to be served.</summary>
    public int Count => _ready.Count;

    /// <summary>Answers that were queued for clients so far.</summary>
    public long Answers => Volatile.Read(ref _answers);

    public void CountAnswer() => Interlocked.Increment(ref _answers);

    public void Add(T client)
    {
        _ready.Enqueue(client);
        Wake();
    }

    public bool TryTake([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T client) => _ready.TryDequeue(out client);

    public void Wake()
    {
        // One wake-up, however many publish at once.
        if (Interlocked.Exchange(ref _isSignaled, 1) != 0) return;
        lock (_wakeUp) Monitor.Pulse(_wakeUp);
    }

    /// <summary>Blocks the sender's thread until there is something to do.</summary>
    public void WaitForWork()
    {
        lock (_wakeUp)
        {
            while (Volatile.Read(ref _isSignaled) == 0) Monitor.Wait(_wakeUp);
        }

        // Cleared before looking: a signal from here on finds the thread awake or wakes it again.
        Interlocked.Exchange(ref _isSignaled, 0);
    }
}
