using NotifyHub.Gateway.Network;
using Xunit;

namespace NotifyHub.UnitTests.Network;

public sealed class ConnectionLimiterTests
{
    [Fact]
    public void A_released_connection_can_be_taken_again()
    {
        var places = new ConnectionLimiter(2, 0);
        Assert.Equal(Admission.Granted, places.Take("a"));
        Assert.Equal(Admission.Granted, places.Take("a"));
        Assert.Equal(Admission.Full, places.Take("b"));
        Assert.Equal(Admission.Full, places.Take("b"));
        Assert.Equal(2, places.Taken);
        places.GiveBack("a");
        Assert.Equal(1, places.Taken);
        Assert.Equal(Admission.Granted, places.Take("b"));
        Assert.Equal(Admission.Full, places.Take("a"));
    }

    [Fact]
    public void The_limit_per_address_does_not_use_up_the_total()
    {
        var places = new ConnectionLimiter(3, 1);
        Assert.Equal(Admission.Granted, places.Take("10.0.0.1"));
        for (var i = 0; i < 5; i++) Assert.Equal(Admission.AddressFull, places.Take("10.0.0.1"));
        Assert.Equal(Admission.Granted, places.Take("10.0.0.2"));
        Assert.Equal(Admission.Granted, places.Take("10.0.0.3"));
        Assert.Equal(Admission.Full, places.Take("10.0.0.4"));
        places.GiveBack("10.0.0.1");
        Assert.Equal(Admission.Granted, places.Take("10.0.0.1"));
    }

    [Fact]
    public void The_addresses_of_one_IPv6_network_are_one()
    {
        var places = new ConnectionLimiter(10, 1);
        Assert.Equal(Admission.Granted, places.Take("2001:db8:1:2::1"));
        Assert.Equal(Admission.AddressFull, places.Take("2001:db8:1:2:ffff::9"));
        Assert.Equal(Admission.Granted, places.Take("2001:db8:1:3::1"));
        places.GiveBack("2001:db8:1:2::1");
        Assert.Equal(Admission.Granted, places.Take("2001:db8:1:2::7"));
    }

    [Fact]
    public void Concurrent_connects_never_exceed_the_limits()
    {
        var places = new ConnectionLimiter(100, 30);
        var granted = new int[8];
        Parallel.For(0, 8_000, i =>
        {
            var who = i % 8;
            if (places.Take($"10.0.0.{who}") != Admission.Granted) return;
            Assert.InRange(Interlocked.Increment(ref granted[who]), 1, 30);
            Assert.InRange(granted.Sum(), 1, 100);
            Interlocked.Decrement(ref granted[who]);
            places.GiveBack($"10.0.0.{who}");
        });
        for (var i = 0; i < 30; i++) Assert.Equal(Admission.Granted, places.Take("10.0.0.1"));
        Assert.Equal(Admission.AddressFull, places.Take("10.0.0.1"));
    }
}
