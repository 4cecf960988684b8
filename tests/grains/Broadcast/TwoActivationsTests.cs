using System.Collections.Concurrent;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Broadcast.BroadcastCluster;

namespace NotifyHub.GrainTests.Broadcast;

/// <summary>
/// Two grids over one database that do not know each other. Each has its own activation of the channel, like the two halves of a
/// grid that was split.
/// </summary>
public sealed class TwoActivationsTests(PostgresServer server)
{
    private const int Publishers = 6;
    private const int Each = 40;

    [Fact]
    public async Task Acknowledged_messages_of_two_activations_are_stored_once_in_one_order()
    {
        var storage = await server.CreateDatabaseAsync();
        await using var one = await GrainCluster.StartAsync(storage);
        await using var other = await GrainCluster.StartAsync(storage);
        IBroadcastGrain[] activations = [Channel(one), Channel(other)];
        var acknowledged = new ConcurrentDictionary<long, string>();
        var fenced = 0;

        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(PublishAsync));

        // Their writes crossed, and the one that was behind was fenced.
        Assert.True(fenced > 0);
        await using var database = DatabaseFactory.Open(storage);
        var log = await new MessageStore(database).ReadAsync("split", 0, 1_000, 1 << 20, CancellationToken.None);
        Assert.Equal(Publishers * Each, log.Length);
        Assert.Equal(Enumerable.Range(1, log.Length).Select(offset => (long)offset), log.Select(message => message.Offset));
        Assert.Equal(acknowledged.OrderBy(message => message.Key).Select(message => message.Value), log.Select(Text));
        for (var publisher = 0; publisher < Publishers; publisher++)
        {
            Assert.Equal(
                Enumerable.Range(0, Each).Select(number => $"{publisher}.{number}"),
                log.Select(Text).Where(text => text.StartsWith($"{publisher}.", StringComparison.Ordinal)));
        }

        // From here on both halves return the same, the one that did not write last after it has noticed.
        foreach (var activation in activations) await UntilTakenAsync(activation, Batch("last"));
        Assert.Equal(log.Select(Text), (await activations[1].ReadAsync(0, log.Length)).Messages.Select(Text));
        Assert.Equal(log.Select(Text), (await activations[0].ReadAsync(0, log.Length)).Messages.Select(Text));

        // Keeps to one activation as long as it answers, and retries with the same key at the other.
        async Task PublishAsync(int publisher)
        {
            var at = publisher;
            for (var number = 0; number < Each; number++)
            {
                var batch = Batch($"{publisher}.{number}") with { IdempotencyKey = $"{publisher}.{number}" };
                while (true)
                {
                    try
                    {
                        var result = await activations[at % 2].PublishAsync(batch);
                        Assert.True(acknowledged.TryAdd(result.FirstOffset, $"{publisher}.{number}"));
                        break;
                    }
                    catch (StorageUnavailableException)
                    {
                        Interlocked.Increment(ref fenced);
                        at++;
                    }
                }
            }
        }
    }

    [Fact]
    public async Task An_idle_second_activation_does_not_hide_what_the_other_has_written()
    {
        // Where the grid's directory is at odds with itself, a gateway and the publishers may find different activations.
        var storage = await server.CreateDatabaseAsync();
        await using var one = await GrainCluster.StartAsync(storage);
        await using var other = await GrainCluster.StartAsync(storage);
        var gateway = new Listener(one.Grains, Channel(one));
        Assert.Equal(0, (await gateway.SubscribeAsync()).Head);

        for (var number = 1; number <= 3; number++) await Channel(other).PublishAsync(Batch($"{number}"));

        // As its renewals, once a second, ask.
        await Until.TrueAsync(async () => (await gateway.SubscribeAsync()).Head == 3);
        Assert.Equal(["1", "2", "3"], (await Channel(one).ReadAsync(0, 10)).Messages.Select(Text));
    }

    private static IBroadcastGrain Channel(GrainCluster cluster) =>
        cluster.Grains.GetGrain<IBroadcastGrain>(GrainKeys.Log("split"));

    private static Task UntilTakenAsync(IBroadcastGrain activation, PublishBatch batch) => Until.TrueAsync(async () =>
    {
        try
        {
            await activation.PublishAsync(batch);
            return true;
        }
        catch (StorageUnavailableException)
        {
            return false;
        }
    });
}
