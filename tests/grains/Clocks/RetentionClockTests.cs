using Microsoft.Extensions.Time.Testing;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Clocks;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests.Clocks;

public class RetentionClockTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly FakeTimeProvider _passing = new();
    private readonly SettableClock _clock;

    public RetentionClockTests() => _clock = new SettableClock(_passing);

    [Fact]
    public void It_follows_the_clock_also_when_that_is_set_a_little()
    {
        var retention = New();
        Advance(3 * Day);
        Assert.Equal(_clock.GetUtcNow(), retention.Read());
        _clock.Ahead = 0.9 * Hour;
        Assert.Equal(_clock.GetUtcNow(), retention.Read());
        _clock.Ahead = TimeSpan.Zero;
        Assert.Equal(_clock.GetUtcNow(), retention.Read());
    }

    [Fact]
    public void A_jump_ahead_counts_only_after_a_day_and_what_passes_meanwhile_counts()
    {
        var retention = New();
        var start = retention.Read();
        _clock.Ahead = 10 * Day;
        Assert.Equal(start, retention.Read());
        for (var hour = 1; hour < 24; hour++)
        {
            Advance(Hour);
            Assert.Equal(start + hour * Hour, retention.Read());
        }

        Assert.Equal(10 * Day, retention.Ahead);
        Advance(Hour);
        Assert.Equal(start + 11 * Day, retention.Read());
        Assert.Equal(TimeSpan.Zero, retention.Ahead);
    }

    [Fact]
    public void A_jump_that_is_taken_back_leaves_nothing_behind()
    {
        var retention = New();
        _clock.Ahead = 10 * Day;
        retention.Read();
        Advance(20 * Hour);
        retention.Read();
        _clock.Ahead = TimeSpan.Zero;
        Assert.Equal(_clock.GetUtcNow(), retention.Read());

        _clock.Ahead = 10 * Day;
        Advance(20 * Hour);
        Assert.Equal(_clock.GetUtcNow() - 10 * Day, retention.Read());
    }

    [Fact]
    public void A_clock_that_is_set_back_is_followed_at_once()
    {
        var retention = New();
        _clock.Ahead = -5 * Day;
        Assert.Equal(_clock.GetUtcNow(), retention.Read());
    }

    [Fact]
    public void A_process_that_starts_with_a_wrong_clock_goes_on_where_the_last_one_left_off()
    {
        var before = New();
        var left = before.Read();
        _clock.Ahead = 10 * Day;
        var after = New(before.State);
        Assert.Equal(left, after.Read());
        Advance(20 * Hour);
        Assert.Equal(left + 20 * Hour, after.Read());

        // The doubt lasts over restarts, and so does what was waited for.
        var last = New(after.State);
        Advance(4 * Hour);
        Assert.Equal(_clock.GetUtcNow(), last.Read());
    }

    private RetentionClock New(RetentionState? stored = null) => new(_clock, Hour, stored);

    private void Advance(TimeSpan time) => _passing.Advance(time);
}
