namespace NotifyHub.Hosting;

/// <summary>Compares the system's clock with the time that really passed.</summary>
public sealed class ClockSteps(TimeProvider time)
{
    private DateTimeOffset _now = time.GetUtcNow();
    private long _timestamp = time.GetTimestamp();

    /// <summary>By how much the clock was set ahead since the last call, or back (negative).</summary>
    public TimeSpan Next()
    {
        var (now, timestamp) = (time.GetUtcNow(), time.GetTimestamp());
        var step = now - _now - time.GetElapsedTime(_timestamp, timestamp);
        (_now, _timestamp) = (now, timestamp);
        return step;
    }
}
