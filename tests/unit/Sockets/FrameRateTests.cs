using NotifyHub.Gateway.Sockets;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public sealed class FrameRateTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1_000_000)]
    public void Ten_seconds_worth_may_come_at_once_and_not_one_more(int perSecond)
    {
        var rate = new FrameRate(perSecond);
        long allowedAt = 0;
        Assert.True(rate.Take(ref allowedAt, 10 * perSecond, now: 5_000));
        Assert.False(rate.Take(ref allowedAt, 1, now: 5_000));
    }

    [Fact]
    public void At_the_rate_it_goes_on_for_ever_and_a_little_faster_it_ends()
    {
        var rate = new FrameRate(100);
        var (steady, faster) = (0L, 0L);
        var takesFaster = true;
        for (long now = 1_000; now < 1_000_000; now += 10)
        {
            Assert.True(rate.Take(ref steady, 1, now));
            takesFaster = takesFaster && rate.Take(ref faster, now % 100 == 0 ? 2 : 1, now);
        }

        Assert.False(takesFaster);
    }

    [Fact]
    public void Silence_saves_up_no_more_than_the_burst()
    {
        var rate = new FrameRate(100);
        long allowedAt = 0;
        Assert.True(rate.Take(ref allowedAt, 1_000, now: 0));
        Assert.True(rate.Take(ref allowedAt, 1_000, now: 1_000_000));
        Assert.False(rate.Take(ref allowedAt, 1, now: 1_000_000));
        // One drips every 10 ms, those above the bound as well.
        Assert.True(rate.Take(ref allowedAt, 0, now: 1_000_010));
    }

    [Fact]
    public void Reads_without_a_new_frame_are_free()
    {
        var rate = new FrameRate(1);
        long allowedAt = 0;
        for (var i = 0; i < 1_000; i++) Assert.True(rate.Take(ref allowedAt, 0, now: 0));
        Assert.True(rate.Take(ref allowedAt, 10, now: 0));
    }
}
