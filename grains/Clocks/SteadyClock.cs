namespace NotifyHub.Grains.Clocks;

/// <summary>
/// Orleans' clock: the time of its start plus what has elapsed since, regardless of changes to the system's clock. Orleans
/// computes durations from the time of day: with a clock that was set back, its activation collector would fail every new
/// activation and its timers would sleep until that clock has caught up. What people read, and when schedules run, is the
/// system's time.
/// </summary>
/// <param name="system">Ticks for it.</param>
public sealed class SteadyClock(TimeProvider system) : TimeProvider
{
    private readonly DateTimeOffset _startedAt = system.GetUtcNow();
    private readonly long _started = system.GetTimestamp();

    public override TimeZoneInfo LocalTimeZone => system.LocalTimeZone;

    public override long TimestampFrequency => system.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _startedAt + system.GetElapsedTime(_started);

    public override long GetTimestamp() => system.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        system.CreateTimer(callback, state, dueTime, period);
}
