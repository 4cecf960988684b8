using System.Net;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

public sealed class OverviewTests(OverviewTests.Shared shared) : IClassFixture<OverviewTests.Shared>
{
    public sealed class Shared() : SharedProcess();

    [Fact]
    public async Task The_overview_shows_what_flows_through_the_grid()
    {
        using var admin = await shared.Hub.LogInAsync();
        await using var one = await shared.Hub.ConnectAsync();
        await using var two = await shared.Hub.ConnectAsync();
        using var push = await shared.Hub.ConnectPushAsync();
        // Until an interval of the series has ended with some.
        await Until.TrueAsync(async () =>
        {
            Assert.Equal("ok", await push.PushAsync("""{"type":"test"}"""));
            var overview = (await admin.GetAsync("/api/system/overview")).Expect(HttpStatusCode.OK).Data;
            return overview.GetProperty("rates").GetProperty("deliveries_per_second").GetDouble() > 0;
        });

        var data = (await admin.GetAsync("/api/system/overview")).Expect(HttpStatusCode.OK).Data;
        Assert.Equal(2, data.GetProperty("connections").GetProperty("active").GetInt32());
        Assert.Equal("healthy", data.GetProperty("health").GetProperty("status").GetString());
        Assert.Single(data.GetProperty("nodes").EnumerateArray());
        var busy = data.GetProperty("series").EnumerateArray()
            .First(point => point.GetProperty("deliveries_per_second").GetDouble() > 0);
        Assert.InRange(busy.GetProperty("publishes_per_second").GetDouble(), 0.01, 1e6);
        Assert.InRange(busy.GetProperty("p99_ms").GetDouble(), busy.GetProperty("p50_ms").GetDouble(), 1e6);
    }
}
