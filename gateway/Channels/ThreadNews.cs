using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace NotifyHub.Gateway.Channels;

/// <summary>What has news for one sender: filled by whoever brings messages, emptied by the sender's thread.</summary>
/// <typeparam name="T">The listeners of a thread.</typeparam>
/// <param name="wake">Wakes the sender.</param>
public sealed class ThreadNews<T>(Action wake)
    where T : class
{
    private readonly ConcurrentQueue<T> _queue = new();

    public void Add(T listeners)
    {
        _queue.Enqueue(listeners);
        wake();
    }

    public bool TryTake([MaybeNullWhen(false)] out T listeners) => _queue.TryDequeue(out listeners);
}
