namespace NotifyHub.Gateway.Channels;

/// <summary>The bytes that the windows of all logs of a gateway may hold together.</summary>
/// <param name="maxBytes">The bound.</param>
public sealed class WindowBudget(long maxBytes)
{
    private long _used;

    public bool IsExceeded => Volatile.Read(ref _used) > maxBytes;

    public void Take(long bytes) => Interlocked.Add(ref _used, bytes);

    public void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}
