using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Broadcast.BroadcastCluster;

namespace NotifyHub.GrainTests.Broadcast;

public sealed class GatewayFeedTests(BroadcastCluster grid) : IClassFixture<BroadcastCluster>
{
    [Fact]
    public async Task Every_gateway_is_handed_every_message_once_in_order_one_batch_at_a_time()
    {
        var channel = grid.Channel("all-gateways");
        Listener[] listeners =
            [new(grid.Cluster.Grains, channel), new(grid.Cluster.Grains, channel), new(grid.Cluster.Grains, channel)];
        foreach (var listener in listeners) await listener.SubscribeAsync();

        await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => channel.PublishAsync(Batch("a", "b"))));

        foreach (var listener in listeners)
        {
            await Until.TrueAsync(() => listener.Offsets.Count() >= 600);
            Assert.Equal(Enumerable.Range(1, 600).Select(offset => (long)offset), listener.Offsets);
            Assert.Equal(1, listener.MaxInFlight);
        }
    }

    [Fact]
    public async Task A_gateway_is_handed_what_comes_after_it_subscribed_and_a_renewal_repeats_nothing()
    {
        var channel = grid.Channel("later");
        await channel.PublishAsync(Batch("a"));
        var listener = new Listener(grid.Cluster.Grains, channel);
        Assert.Equal(1, (await listener.SubscribeAsync()).Head);

        await channel.PublishAsync(Batch("b"));
        Assert.Equal(2, (await listener.SubscribeAsync()).Head);
        await channel.PublishAsync(Batch("c"));

        await Until.TrueAsync(() => listener.Offsets.Contains(3));
        Assert.Equal([2, 3], listener.Offsets);
    }

    [Fact]
    public async Task A_slow_gateway_delays_no_others_and_gets_larger_batches()
    {
        var channel = grid.Channel("slow");
        var release = new TaskCompletionSource();
        var slow = new Listener(grid.Cluster.Grains, channel) { Ready = release.Task };
        var other = new Listener(grid.Cluster.Grains, channel);
        await slow.SubscribeAsync();
        await other.SubscribeAsync();

        for (var i = 0; i < 20; i++) await channel.PublishAsync(Batch("a"));
        await Until.TrueAsync(() => other.Offsets.Count() == 20);
        Assert.Single(slow.Batches);
        release.SetResult();

        await Until.TrueAsync(() => slow.Offsets.Count() == 20);
        Assert.Equal([1, 19], slow.Batches.Select(batch => batch.Messages.Length));
    }

    [Fact]
    public async Task A_failing_gateway_is_dropped_until_it_renews()
    {
        var channel = grid.Channel("failing");
        var listener = new Listener(grid.Cluster.Grains, channel) { Fails = true };
        await listener.SubscribeAsync();
        for (var i = 0; i < 3; i++)
        {
            await channel.PublishAsync(Batch("a"));
            await Until.TrueAsync(() => !listener.Batches.IsEmpty);
        }

        listener.Fails = false;
        var before = listener.Offsets.ToArray();
        Assert.Equal([1L], before);
        var head = await listener.SubscribeAsync();
        Assert.Equal(3, head.Head);
        Assert.Equal([2L, 3], (await channel.ReadAsync(1, 10)).Messages.Select(message => message.Offset));

        await channel.PublishAsync(Batch("b"));
        await Until.TrueAsync(() => listener.Offsets.Contains(4));
        Assert.Equal([1, 4], listener.Offsets);
    }

    [Fact]
    public async Task A_gateway_that_lags_beyond_memory_gets_the_rest_and_sees_the_gap()
    {
        var channel = grid.Channel("far");
        var release = new TaskCompletionSource();
        var slow = new Listener(grid.Cluster.Grains, channel) { Ready = release.Task };
        await slow.SubscribeAsync();
        for (var i = 0; i < 30; i++) await channel.PublishAsync(Batch(new string('x', 10_000)));
        release.SetResult();

        await Until.TrueAsync(() => slow.Offsets.Contains(30));
        Assert.Equal([1L, 25, 26, 27, 28, 29, 30], slow.Offsets);
        Assert.Equal(23, (await channel.ReadAsync(1, 23)).Messages.Length);
    }

    [Fact]
    public async Task Who_has_left_is_handed_nothing_more()
    {
        var channel = grid.Channel("left");
        var (gone, witness) = (new Listener(grid.Cluster.Grains, channel), new Listener(grid.Cluster.Grains, channel));
        await gone.SubscribeAsync();
        await witness.SubscribeAsync();
        await channel.UnsubscribeAsync(gone.Id);
        await channel.PublishAsync(Batch("a"));
        await Until.TrueAsync(() => witness.Offsets.Contains(1));
        Assert.Empty(gone.Batches);
    }

    [Fact]
    public async Task After_the_grain_has_moved_a_renewal_is_all_that_is_needed()
    {
        var channel = grid.Channel("moved");
        var listener = new Listener(grid.Cluster.Grains, channel);
        var before = await listener.SubscribeAsync();
        await channel.PublishAsync(Batch("a"));
        await grid.Cluster.Orleans.DeactivateAsync(channel);
        await channel.PublishAsync(Batch("b"));

        var after = await listener.SubscribeAsync();
        Assert.Equal((before.Epoch, 2), (after.Epoch, after.Head));
        await channel.PublishAsync(Batch("c"));
        await Until.TrueAsync(() => listener.Offsets.Contains(3));
        Assert.Equal([1, 3], listener.Offsets);
    }
}
