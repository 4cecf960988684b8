using System.Net;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>One of two silos runs on a machine whose clock is set meanwhile.</summary>
public sealed class WrongClockTests
{
    [Fact]
    public async Task A_grid_with_one_wrong_clock_serves_on_and_both_silos_stay_in_it()
    {
        using var clock = new FakeTime();
        await using var cluster = new LocalCluster { FirstSiloSettings = clock.Settings };
        await cluster.InitializeAsync();
        using var rest = await cluster.LogInAsync(cluster.Gateways[0]);

        foreach (var (ahead, said) in ((TimeSpan, string)[])[
            (TimeSpan.FromHours(-1), "set back by"), (TimeSpan.FromDays(2), "set ahead by"), (TimeSpan.Zero, "set back by")])
        {
            var begin = cluster.Silos[0].Output.Length;
            clock.Set(ahead);
            await Until.TrueAsync(
                () => cluster.Silos[0].Output.AsSpan(begin).Contains($"The system clock was {said}", StringComparison.Ordinal));
            // Each login is its own grain on either silo; both gateways, because one alone blocks guessing after some dozen.
            for (var i = 0; i < 10; i++)
            {
                foreach (var gateway in cluster.Gateways)
                {
                    using var nobody = gateway.Rest();
                    var login = $$"""{"email":"{{ahead.TotalHours}}-{{i}}-{{gateway.Pid}}@example.com","password":"wrong"}""";
                    // On a busy machine a call may take longer than its limit: that passes, a grid that stands still does not.
                    var answer = "";
                    await Until.TrueAsync(
                        async () =>
                        {
                            var asked = await nobody.PostAsync("/api/auth/login", login);
                            answer = asked.Body;
                            return asked.Status is HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests;
                        },
                        () => answer);
                    using var push = await gateway.ConnectPushAsync();
                    Assert.Equal("ok", await push.PushAsync("{}"));
                }
            }

            var nodes = (await rest.StatusAsync()).GetProperty("nodes").EnumerateArray()
                .Where(node => node.GetProperty("role").GetString() == "silo");
            Assert.Equal(2, nodes.Count());
        }

        Assert.All(cluster.Silos, silo => Assert.True(silo.IsRunning));
        Assert.All(cluster.Silos, silo => Assert.DoesNotContain(
            "The earliest collection that can be scheduled", silo.Output, StringComparison.Ordinal));
    }
}
