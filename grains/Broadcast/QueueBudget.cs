namespace NotifyHub.Grains.Broadcast;

/// <summary>How much may wait for the database. All logs of a silo that carry channels have one together.</summary>
internal sealed class QueueBudget(long maxBytes)
{
    private long _bytes;

    /// <summary>False: that would be too much.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= maxBytes) return true;
        Return(bytes);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref _bytes, -bytes);
}
