namespace NotifyHub.Gateway.Channels;

/// <summary>
/// The one budget of a gateway for memory that clients can cause: pages of history, answers that wait, long messages being
/// received. Large amounts are requested first and wait until there is room; small ones are counted afterwards. While a
/// request waits, <c>Heartbeat</c> disconnects the clients that have held theirs for the longest time.
/// </summary>
public sealed class ClientMemory(long maxBytes, TimeProvider time)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(50);

    private long _used;
    private long _wanted;

    /// <summary>Bytes in use.</summary>
    public long Used => Volatile.Read(ref _used);

    public long MaxBytes => maxBytes;

    public bool IsFull => Used >= maxBytes;

    /// <summary>Bytes to be freed before those who wait for some can go on.</summary>
    public long Shortage => Math.Max(0, Used + Volatile.Read(ref _wanted) - maxBytes);

    /// <summary>Counts memory that is in use already. Never refused.</summary>
    public void Take(long bytes) => Interlocked.Add(ref _used, bytes);

    /// <summary>Takes that much if it fits.</summary>
    public bool TryTake(long bytes)
    {
        long used;
        do
        {
            used = Used;
            // Something larger than the whole budget still gets through when nothing else is held.
            if (used + bytes > maxBytes && used > 0) return false;
        }
        while (Interlocked.CompareExchange(ref _used, used + bytes, used) != used);
        return true;
    }

    /// <summary>Takes that much, and waits until it fits. False: given up, and nothing was taken.</summary>
    /// <param name="bytes">How much.</param>
    /// <param name="isGivenUp">It is no longer needed.</param>
    public async ValueTask<bool> TakeAsync(long bytes, Func<bool> isGivenUp)
    {
        if (TryTake(bytes)) return true;
        Interlocked.Add(ref _wanted, bytes);
        try
        {
            do
            {
                if (isGivenUp()) return false;
                await Task.Delay(RetryInterval, time);
            }
            while (!TryTake(bytes));
            return true;
        }
        finally
        {
            Interlocked.Add(ref _wanted, -bytes);
        }
    }

    public void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}
