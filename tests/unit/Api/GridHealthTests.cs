using Microsoft.Extensions.Diagnostics.HealthChecks;
using NotifyHub.Gateway.Api;
using NotifyHub.Gateway.Network;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class GridHealthTests
{
    [Fact]
    public async Task Each_change_is_logged_once_with_its_cause()
    {
        var (grid, node, clock) = (new FakeGrid(), new GatewayNode(), new TestClock());
        node.Publish(_ => new NodeState { WebSocketListening = true });
        using var log = new LogLines<GridHealth>();
        var health = new GridHealth(grid.Factory(), node, clock, log);

        await CheckTwiceAsync(HealthStatus.Healthy);
        grid.Fault = new TimeoutException("no answer");
        await CheckTwiceAsync(HealthStatus.Unhealthy);
        grid.Fault = null;
        await CheckTwiceAsync(HealthStatus.Healthy);

        Assert.Equal(
            [
                "Warning: The deep health check fails: the grid cannot be reached: no answer",
                "Information: The deep health check passes again",
            ],
            log.All);

        async Task CheckTwiceAsync(HealthStatus expected)
        {
            for (var i = 0; i < 2; i++)
            {
                clock.Advance(TimeSpan.FromSeconds(2));
                var result = await health.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
                Assert.Equal(expected, result.Status);
            }
        }
    }
}
