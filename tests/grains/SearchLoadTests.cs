using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Broadcast.BroadcastCluster;

namespace NotifyHub.GrainTests;

public sealed class SearchLoadTests(PostgresServer server)
{
    [Fact]
    public async Task A_crowd_of_searches_fails_no_publish()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var storage = await server.CreateDatabaseAsync();
        await using var cluster = await GrainCluster.StartAsync(storage);
        await using (var database = DatabaseFactory.Open(storage))
        {
            await database.WriteAsync(
                (connection, transaction) => connection.ExecuteAsync(
                    """
                    INSERT INTO api_request (at, who, method, path, route, status, duration_us, address, user_agent)
                    SELECT
                        @now + n, 'somebody@example.com', 'GET', '/api/notifications/windows/' || n,
                        '/api/notifications/windows/{id}', 200, 1000, '10.0.0.1',
                        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36'
                    FROM generate_series(1, 58000) AS n
                    """,
                    // Not older than what housekeeping deletes.
                    new { now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() },
                    transaction),
                cancellation);
        }

        var channel = cluster.Grains.GetGrain<IBroadcastGrain>(GrainKeys.Log("all"));
        var usage = cluster.Grains.GetGrain<IUsageGrain>(GrainKeys.Only);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var (answered, refused) = (0, 0);
        var searches = Task.WhenAll(Enumerable.Range(0, 80).Select(_ => SearchAsync()));
        await Until.TrueAsync(() => Task.FromResult(Volatile.Read(ref refused) > 0));

        for (var n = 0; n < 20; n++) await channel.PublishAsync(Batch($"{n}"));

        await enough.CancelAsync();
        await searches;
        Assert.True(answered > 0, "No search was answered.");
        Assert.Null((await cluster.Stats.StatusAsync()).StorageError);

        async Task SearchAsync()
        {
            while (!enough.IsCancellationRequested)
            {
                try
                {
                    var page = await usage.RequestsAsync(
                        new ApiRequestQuery(null, null, null, null, null, null, null, "nowhere", 1, 50));
                    Assert.Equal((0, true), (page.Total, page.IsTruncated));
                    Interlocked.Increment(ref answered);
                }
                catch (ListRefusedException)
                {
                    Interlocked.Increment(ref refused);
                    await Task.Yield();
                }
            }
        }
    }
}
