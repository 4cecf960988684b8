using System.Net;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

public sealed class UsageTests
{
    [Fact]
    public async Task Requests_of_an_earlier_life_are_listed_also_the_last_one_before_the_end()
    {
        await using var hub = await NotifyHubProcess.StartAsync();
        using (var rest = await hub.LogInAsync())
        {
            await rest.GetAsync("/api/websocket/stats?token=secret");
            await rest.GetAsync("/api/nothing");
        }

        Assert.Equal(0, await hub.StopAsync());
        await hub.StartAgainAsync();
        using var back = await hub.LogInAsync();
        var page = (await back.GetAsync("/api/usage/requests?to=2999-01-01T00:00:00Z")).Expect(HttpStatusCode.OK);
        Assert.DoesNotContain("secret", page.Body, StringComparison.Ordinal);
        Assert.Equal(
            [
                ("admin@notifyhub.com", "/api/nothing", "-", 404), ("admin@notifyhub.com", "/api/websocket/stats", "/api/websocket/stats", 200),
                ("-", "/api/auth/login", "/api/auth/login", 200),
            ],
            page.Data.GetProperty("requests").EnumerateArray().TakeLast(3).Select(request => (
                request.GetProperty("who").GetString(), request.GetProperty("path").GetString(), request.GetProperty("route").GetString(),
                request.GetProperty("status").GetInt32())));
        var today = (await back.GetAsync("/api/usage/summary?days=2")).Expect(HttpStatusCode.OK).Data.GetProperty("per_day");
        Assert.True(today.EnumerateArray().Sum(day => day.GetProperty("requests").GetInt32()) >= 3);
    }
}
