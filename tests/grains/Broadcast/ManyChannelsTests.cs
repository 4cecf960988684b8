using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Broadcast.BroadcastCluster;

namespace NotifyHub.GrainTests.Broadcast;

/// <summary>One channel is one grain; many channels are the work of all silos.</summary>
public sealed class ManyChannelsTests(PostgresServer server)
{
    [Fact]
    public async Task Many_channels_spread_over_all_silos_and_each_keeps_its_own_order()
    {
        const int Channels = 90;
        await using var cluster = await GrainCluster.StartAsync(await server.CreateDatabaseAsync(), silos: 3);
        var channels = Enumerable.Range(0, Channels)
            .Select(number => cluster.Grains.GetGrain<IBroadcastGrain>(GrainKeys.Log($"c{number}"))).ToArray();

        for (var round = 0; round < 5; round++)
            await Task.WhenAll(channels.Select((channel, number) => channel.PublishAsync(Batch($"{number}.{round}"))));

        for (var number = 0; number < Channels; number++)
        {
            Assert.Equal(
                Enumerable.Range(0, 5).Select(round => ($"{number}.{round}", round + 1L)),
                (await channels[number].ReadAsync(0, 10)).Messages.Select(message => (Text(message), message.Offset)));
        }

        var management = cluster.Grains.GetGrain<IManagementGrain>(0);
        var silos = (await management.GetDetailedGrainStatistics(null, null, TestContext.Current.CancellationToken))
            .Where(grain => grain.GrainId.Type.ToString() == "broadcast")
            .CountBy(grain => grain.SiloAddress).ToDictionary();
        Assert.Equal((3, Channels), (silos.Count, silos.Values.Sum()));
        // No silo has next to none, or most of them: by chance that comes less than once in a million times.
        Assert.All(silos.Values, count => Assert.InRange(count, Channels / 10, Channels * 6 / 10));
    }
}
