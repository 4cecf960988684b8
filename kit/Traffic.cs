using Xunit;

namespace NotifyHub.TestKit;

/// <summary>A publisher and clients that keep publishing and resuming, whatever happens to the cluster.</summary>
public sealed class Traffic : IAsyncDisposable
{
    private const int Clients = 8;

    private readonly List<ResumingClient> _clients = [];
    private RetryingPublisher? _publisher;

    public RetryingPublisher Publisher => _publisher!;

    public IReadOnlyList<ResumingClient> All => _clients;

    /// <summary>Starts clients at all gateways, then the publisher, and waits until messages flow.</summary>
    public static async Task<Traffic> StartAsync(LocalCluster cluster)
    {
        var traffic = new Traffic();
        for (var i = 0; i < Clients; i++) traffic._clients.Add(await ResumingClient.StartAsync(cluster.Gateways, i));
        traffic._publisher = await RetryingPublisher.StartAsync(cluster);
        await traffic._publisher.ContinueAsync();
        return traffic;
    }

    /// <summary>Adds a new gateway: as many more clients start there, and the publisher uses it too.</summary>
    public async Task JoinAsync(NotifyHubProcess gateway)
    {
        Publisher.Add(gateway);
        for (var i = 0; i < Clients; i++) _clients.Add(await ResumingClient.StartAsync([gateway], 0));
    }

    /// <summary>
    /// Stops publishing, waits until the clients have everything, and checks that each got every acknowledged message exactly
    /// once and in order, and nothing else.
    /// </summary>
    public async Task EndAsync()
    {
        await Publisher.StopAsync();
        Assert.True(Publisher.Faults.IsEmpty, string.Join("\n\n", Publisher.Faults));
        var acknowledged = Publisher.Acknowledged;
        var (first, last) = (acknowledged.Keys.Min(), acknowledged.Keys.Max());
        await Until.TrueAsync(
            () => _clients.TrueForAll(client => client.Offset >= last),
            () => $"{string.Join(", ", _clients.Select(client => client.Offset))} of {last}", "all clients have everything");

        foreach (var client in _clients)
        {
            // The only publisher, and it retries until acknowledged: what was stored is what was acknowledged. Older messages may
            // precede its first one where the client's gateway had not received them yet.
            Assert.Empty(client.Faults);
            Assert.Equal(
                acknowledged.Where(message => message.Key > client.Start).OrderBy(message => message.Key)
                    .Select(message => (message.Key, message.Value)),
                client.Received.Where(message => message.Offset >= first));
        }
    }

    /// <summary>Stops publishing, gives the clients time to receive everything, and only counts.</summary>
    public async Task<TrafficCount> CountAsync()
    {
        await Publisher.StopAsync();
        var acknowledged = Publisher.Acknowledged;
        var (first, last) = (acknowledged.Keys.Min(), acknowledged.Keys.Max());
        try
        {
            await Until.TrueAsync(() => _clients.TrueForAll(client => client.Offset >= last));
        }
        catch (TimeoutException)
        {
            // What has not arrived by now counts as lost.
        }

        var count = new TrafficCount(
            acknowledged.Count, 0, 0, 0, 0, Publisher.Retries,
            Publisher.Faults.Count + _clients.Sum(client => client.Faults.Count));
        foreach (var client in _clients)
        {
            var received = client.Received.Where(message => message.Offset >= first).ToList();
            var distinct = received.Distinct().ToList();
            var own = distinct.Count(message => acknowledged.TryGetValue(message.Offset, out var json) && json == message.Data);
            count = count with
            {
                Delivered = count.Delivered + own,
                Lost = count.Lost + acknowledged.Keys.Count(offset => offset > client.Start) - own,
                Repeated = count.Repeated + received.Count - distinct.Count,
                Invented = count.Invented + distinct.Count - own,
            };
        }

        return count;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) await client.DisposeAsync();
        if (_publisher is not null) await _publisher.DisposeAsync();
    }
}
