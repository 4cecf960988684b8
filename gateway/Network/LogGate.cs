namespace NotifyHub.Gateway.Network;

/// <summary>Lets one log line per minute pass, for what may happen thousands of times per second.</summary>
internal sealed class LogGate(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long? _passedAt;
    private long _suppressed;

    /// <param name="suppressed">How often it happened without a line since the last one.</param>
    public bool TryPass(out long suppressed)
    {
        lock (_lock)
        {
            suppressed = _suppressed;
            if (_passedAt is { } at && time.GetElapsedTime(at) < Interval)
            {
                _suppressed++;
                return false;
            }

            _passedAt = time.GetTimestamp();
            _suppressed = 0;
            return true;
        }
    }
}
