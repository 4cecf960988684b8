using System.Security.Cryptography;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Broadcast.BroadcastCluster;

namespace NotifyHub.GrainTests.Broadcast;

/// <summary>The database loses the end of a log, as after a failover to a standby that lagged, or a restore.</summary>
public sealed class LostEndTests(BroadcastCluster grid) : IClassFixture<BroadcastCluster>
{
    private EpochStore Epochs => field ??= new EpochStore(grid.Database);

    [Fact]
    public async Task An_activation_that_publishes_finds_it_and_goes_on_in_a_new_epoch()
    {
        const string name = "own-publish";
        var (channel, before) = await MakeAsync(name);
        await grid.LoseAsync(name, after: 3);

        var result = await UntilTakenAsync(channel, Batch("new"));

        Assert.Equal(4, result.FirstOffset);
        await AssertNewEpochAsync(name, before, kept: 3);
        Assert.Equal(["1", "2", "3", "new"], (await channel.ReadAsync(0, 10)).Messages.Select(Text));
    }

    [Fact]
    public async Task An_activation_without_publishes_finds_the_loss_itself()
    {
        const string name = "own-idle";
        var (channel, before) = await MakeAsync(name);
        var listener = new Listener(grid.Cluster.Grains, channel);
        await listener.SubscribeAsync();
        await grid.LoseAsync(name, after: 3);

        await Until.TrueAsync(async () => (await listener.SubscribeAsync()).Epoch != before.Epoch);

        await AssertNewEpochAsync(name, before, kept: 3);
        // Fed from there on, although it had been given more of the old epoch.
        await channel.PublishAsync(Batch("new"));
        await Until.TrueAsync(() => listener.Offsets.SequenceEqual([4L]));
    }

    [Fact]
    public async Task A_new_activation_learns_it_from_a_gateway()
    {
        const string name = "gateway";
        var (channel, before) = await MakeAsync(name);
        await grid.LoseAsync(name, after: 3);
        await grid.Cluster.Orleans.DeactivateAsync(channel);
        var listener = new Listener(grid.Cluster.Grains, channel);

        var head = await listener.SubscribeAsync(before);

        Assert.NotEqual(before.Epoch, head.Epoch);
        Assert.Equal((3, 3), (head.Head, head.EpochStart));
        await AssertNewEpochAsync(name, before, kept: 3);
    }

    [Fact]
    public async Task A_new_activation_learns_it_from_a_publish_before_anything_is_written()
    {
        const string name = "publish";
        var (channel, before) = await MakeAsync(name);
        await grid.LoseAsync(name, after: 3);
        await grid.Cluster.Orleans.DeactivateAsync(channel);

        Assert.Equal(4, (await channel.PublishAsync(Batch("new") with { Known = before })).FirstOffset);

        await AssertNewEpochAsync(name, before, kept: 3);
    }

    [Fact]
    public async Task Other_messages_in_the_place_of_the_lost_ones_are_found_when_a_gateway_comes()
    {
        const string name = "replaced";
        var (channel, before) = await MakeAsync(name);
        await grid.LoseAsync(name, after: 3);
        await grid.Cluster.Orleans.DeactivateAsync(channel);
        await channel.PublishAsync(Batch("4", "other", "6"));
        var agreeing = new Listener(grid.Cluster.Grains, channel);
        Assert.Equal(before.Epoch, (await agreeing.SubscribeAsync(before with { HeadHash = SHA256.HashData("other"u8) })).Epoch);

        var head = await new Listener(grid.Cluster.Grains, channel)
            .SubscribeAsync(before with { HeadHash = SHA256.HashData("5"u8) });

        Assert.NotEqual(before.Epoch, head.Epoch);
        await AssertNewEpochAsync(name, before, kept: 6);
    }

    [Fact]
    public async Task A_gateway_ahead_of_its_activation_but_not_of_the_database_is_no_loss()
    {
        var (channel, before) = await MakeAsync("stale");
        await grid.AppendAsync("stale", new Message(6, "6"u8.ToArray(), false));

        var head = await new Listener(grid.Cluster.Grains, channel).SubscribeAsync(before with { Head = 6 });

        Assert.Equal((before.Epoch, 6), (head.Epoch, head.Head));
        Assert.Equal(7, (await channel.PublishAsync(Batch("7") with { Known = before with { Head = 6 } })).FirstOffset);
    }

    private async Task<(IBroadcastGrain Channel, LogPosition Before)> MakeAsync(string name)
    {
        var channel = grid.Channel(name);
        for (var number = 1; number <= 5; number++) await channel.PublishAsync(Batch($"{number}"));
        var batch = await channel.ReadAsync(0, 1);
        return (channel, new LogPosition(batch.Epoch, batch.Head));
    }

    private async Task AssertNewEpochAsync(string name, LogPosition before, long kept)
    {
        Assert.NotEqual(before.Epoch, (await grid.Channel(name).ReadAsync(0, 1)).Epoch);
        var loss = await Epochs.NewestLossAsync(DateTimeOffset.UnixEpoch, CancellationToken.None);
        Assert.Equal((name, before.Head, kept), (loss!.Channel, loss.Known, loss.Kept));
    }

    private static async Task<PublishResult> UntilTakenAsync(IBroadcastGrain channel, PublishBatch batch)
    {
        PublishResult? result = null;
        await Until.TrueAsync(async () =>
        {
            try
            {
                result = await channel.PublishAsync(batch);
                return true;
            }
            catch (StorageUnavailableException)
            {
                return false;
            }
        });
        return result!;
    }
}
