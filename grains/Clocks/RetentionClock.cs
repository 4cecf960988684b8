using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Clocks;

/// <summary>
/// Follows the system's clock. When it is further ahead than the elapsed time explains, because it jumped or because nothing ran
/// for a while, it is followed only after it has stayed ahead for <see cref="ConfirmAfter"/> of running time; until then only
/// elapsed time counts. A clock that is set back is followed at once: that deletes less.
/// </summary>
/// <param name="tolerance">How far ahead is too little to matter.</param>
/// <param name="stored">Where an earlier process left off; null: there was none.</param>
public sealed class RetentionClock(TimeProvider time, TimeSpan tolerance, RetentionState? stored)
{
    public static readonly TimeSpan ConfirmAfter = TimeSpan.FromDays(1);

    private DateTimeOffset _trusted = stored?.Trusted ?? time.GetUtcNow();
    private TimeSpan _doubted = stored?.Doubted ?? TimeSpan.Zero;
    private long _readAt = time.GetTimestamp();

    public RetentionState State => new(_trusted, _doubted);

    /// <summary>How far the system's clock was ahead of what is trusted when it was read last; zero: it is trusted.</summary>
    public TimeSpan Ahead { get; private set; }

    public DateTimeOffset Read()
    {
        var timestamp = time.GetTimestamp();
        var elapsed = time.GetElapsedTime(_readAt, timestamp);
        _readAt = timestamp;

        var now = time.GetUtcNow();
        var expected = _trusted + elapsed;
        var isDoubtful = now > expected + tolerance;
        if (isDoubtful && (_doubted += elapsed) < ConfirmAfter)
        {
            Ahead = now - expected;
            return _trusted = expected;
        }

        (Ahead, _doubted) = (TimeSpan.Zero, TimeSpan.Zero);
        return _trusted = now;
    }
}
