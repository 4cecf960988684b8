using NotifyHub.Gateway.Network;
using Xunit;

namespace NotifyHub.UnitTests.Network;

[Collection(typeof(RunAlone))]
public sealed class ConnectRateMemoryTests
{
    [Fact]
    public void A_million_addresses_take_no_more_memory_than_some()
    {
        var rate = new ConnectRate(1, TimeProvider.System);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 1_000_000; i++) rate.Take($"{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}.1");
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 64 << 20);
        GC.KeepAlive(rate);
    }
}
