namespace NotifyHub.Grains.Clocks;

/// <summary>
/// Orleans' clock: the time of its start and what has elapsed since, whatever the system's clock is set to meanwhile. Orleans computes durations
/// from the time of day: with a clock that was set back, its activation collector fails every new activation, and its timers sleep, until that
/// clock has caught up. What people read, and when schedules run, is the system's time.
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
