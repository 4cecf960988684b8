using Microsoft.Extensions.Logging.Abstractions;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Cluster;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using NotifyHub.UnitTests.Api;
using Xunit;

namespace NotifyHub.UnitTests.Cluster;

public sealed class NamespaceFollowerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_elsewhere_takes_effect_here()
    {
        var grid = new FakeGrid();
        var namespaces = new Namespaces();
        using var follower = Follower(grid, namespaces);
        await follower.StartAsync(Cancellation);
        await namespaces.Known.WaitAsync(Until.Limit, Cancellation);
        var changes = 0;
        namespaces.Changed += () => Interlocked.Increment(ref changes);

        await grid.SetAsync("orders", new NamespaceSettings(Subscribe: SubscribeAccess.Public));

        await Until.TrueAsync(() => namespaces.Of("orders:1").Subscribe == SubscribeAccess.Public);
        Assert.Equal(1, Volatile.Read(ref changes));
        await follower.StopAsync(Cancellation);
    }

    [Fact]
    public async Task An_outage_leaves_the_known_options_in_effect()
    {
        var grid = new FakeGrid();
        var namespaces = new Namespaces();
        using var follower = Follower(grid, namespaces);
        await grid.SetAsync("orders", new NamespaceSettings(Retention: Retention.None));
        await follower.ReadAsync(Cancellation);

        grid.Fault = new StorageUnavailableException();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => follower.ReadAsync(Cancellation));

        Assert.Equal(Retention.None, namespaces.Of("orders:1").Retention);
    }

    [Fact]
    public void Nothing_is_known_before_the_grid_has_answered() => Assert.False(new Namespaces().Known.IsCompleted);

    private static NamespaceFollower Follower(FakeGrid grid, Namespaces namespaces) =>
        new(grid.Factory(), namespaces, TimeProvider.System, NullLogger<NamespaceFollower>.Instance);
}
