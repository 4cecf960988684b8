using NotifyHub.Gateway.Network;
using Xunit;

namespace NotifyHub.UnitTests.Network;

public sealed class ConnectRateTests
{
    private readonly Clock _clock = new();

    [Fact]
    public void Ten_seconds_worth_at_once_as_many_answers_and_then_silence()
    {
        var rate = new ConnectRate(2, _clock);
        Assert.Equal(Repeat(ConnectVerdict.Granted, 20), Take(rate, "a", 20));
        Assert.Equal(Repeat(ConnectVerdict.Refused, 20), Take(rate, "a", 20));
        Assert.Equal(Repeat(ConnectVerdict.Dropped, 5), Take(rate, "a", 5));
        Assert.Equal([ConnectVerdict.Granted], Take(rate, "b", 1));

        // An address that keeps connecting too fast is still let in at the allowed rate.
        _clock.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(
            [
                ConnectVerdict.Granted, ConnectVerdict.Granted, ConnectVerdict.Refused, ConnectVerdict.Refused,
                ConnectVerdict.Dropped,
            ],
            Take(rate, "a", 5));
    }

    [Fact]
    public void A_network_of_IPv6_is_one_address()
    {
        var rate = new ConnectRate(1, _clock);
        for (var i = 0; i < 10; i++) Assert.Equal(ConnectVerdict.Granted, rate.Take($"2001:db8::{i}"));
        Assert.Equal(ConnectVerdict.Refused, rate.Take("2001:db8::99"));
        Assert.Equal(ConnectVerdict.Granted, rate.Take("2001:db8:0:1::1"));
    }

    [Fact]
    public void Zero_is_no_limit() =>
        Assert.All(Take(new ConnectRate(0, _clock), "a", 10_000), verdict => Assert.Equal(ConnectVerdict.Granted, verdict));

    [Fact]
    public void A_used_up_rate_is_remembered_until_it_has_refilled()
    {
        var rate = new ConnectRate(1, _clock);
        for (var elapsed = 0; elapsed < 40; elapsed++)
        {
            var granted = Take(rate, "a", 30).Count(verdict => verdict == ConnectVerdict.Granted);
            Assert.Equal(elapsed == 0 ? 10 : 1, granted);
            _clock.Now += TimeSpan.FromSeconds(1);
        }
    }

    private static IEnumerable<ConnectVerdict> Repeat(ConnectVerdict verdict, int count) => Enumerable.Repeat(verdict, count);

    private static ConnectVerdict[] Take(ConnectRate rate, string address, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => rate.Take(address))];

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; } = TimeSpan.FromDays(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
