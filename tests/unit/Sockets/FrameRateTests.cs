using CsCheck;
using NotifyHub.Gateway.Sockets;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public sealed class FrameRateTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1_000_000)]
    public void A_new_client_may_send_two_seconds_worth_at_once_and_who_saved_up_ten(int perSecond)
    {
        var rate = new FrameRate(perSecond);
        var budget = FrameRate.Begin(now: 5_000);
        Assert.True(rate.Take(ref budget, 2 * perSecond, now: 5_000));
        Assert.Equal(0, budget.Wait(now: 5_000));

        var saved = FrameRate.Begin(now: 5_000);
        Assert.True(rate.Take(ref saved, 10 * perSecond, now: 13_000));
        Assert.Equal(0, saved.Wait(now: 13_000));
    }

    [Theory]
    [InlineData(1, 500)]
    [InlineData(100, 500)]
    public void What_comes_faster_is_read_at_twice_the_rate(int perSecond, int wait)
    {
        var rate = new FrameRate(perSecond);
        var budget = FrameRate.Begin(now: 0);
        Assert.True(rate.Take(ref budget, 3 * perSecond, now: 0));
        Assert.Equal(3 * wait, budget.Wait(now: 0));
        Assert.Equal(0, budget.Wait(now: 3 * wait));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1_000_000)]
    public void Eight_seconds_worth_more_than_it_had_are_too_many(int perSecond)
    {
        var rate = new FrameRate(perSecond);
        var budget = FrameRate.Begin(now: 5_000);
        Assert.True(rate.Take(ref budget, 10 * perSecond, now: 5_000));
        Assert.False(rate.Take(ref budget, 1, now: 5_000));
    }

    [Fact]
    public void A_flood_that_is_read_as_slowly_as_that_is_too_fast_in_the_end()
    {
        var rate = new FrameRate(100);
        var budget = FrameRate.Begin(now: 0);
        var (now, frames) = (0L, 0);
        while (rate.Take(ref budget, 1, now))
        {
            frames++;
            now += budget.Wait(now);
        }

        // 200 at once, then 200 per second, of which half are allowed.
        Assert.InRange(frames, 1_750, 1_850);
        Assert.InRange(now, 7_500, 8_500);
    }

    [Fact]
    public void The_exact_rate_is_allowed_and_a_faster_one_ends()
    {
        var rate = new FrameRate(100);
        var (steady, faster) = (FrameRate.Begin(0), FrameRate.Begin(0));
        var takesFaster = true;
        for (long now = 1_000; now < 1_000_000; now += 10)
        {
            Assert.True(rate.Take(ref steady, 1, now));
            Assert.Equal(0, steady.Wait(now));
            takesFaster = takesFaster && rate.Take(ref faster, now % 100 == 0 ? 2 : 1, now);
        }

        Assert.False(takesFaster);
    }

    [Fact]
    public void Keeping_to_the_rate_is_never_too_fast() =>
        Gen.Select(Gen.Int[1, 400].Array[0, 20], Gen.Int[0, 2_000]).Sample((bursts, pause) =>
        {
            var rate = new FrameRate(100);
            var budget = FrameRate.Begin(0);
            var now = 0L;
            foreach (var burst in bursts)
            {
                if (!rate.Take(ref budget, burst, now)) return;
                now += pause;
            }

            for (var i = 0; i < 1_000; i++, now += 10) Assert.True(rate.Take(ref budget, 1, now) || i == 0);
        });

    [Fact]
    public void Reads_without_a_new_frame_are_free()
    {
        var rate = new FrameRate(1);
        var budget = FrameRate.Begin(0);
        for (var i = 0; i < 1_000; i++) Assert.True(rate.Take(ref budget, 0, now: 0));
        Assert.True(rate.Take(ref budget, 2, now: 0));
        Assert.Equal(0, budget.Wait(now: 0));
    }
}
