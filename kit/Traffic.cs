using Xunit;

namespace NotifyHub.TestKit;

/// <summary>A publisher that keeps publishing and clients that keep resuming, whatever happens to the grid meanwhile.</summary>
public sealed class Traffic : IAsyncDisposable
{
    private const int Clients = 8;

    private readonly List<ResumingClient> _clients = [];
    private RetryingPublisher? _publisher;

    public RetryingPublisher Publisher => _publisher!;

    public IReadOnlyList<ResumingClient> All => _clients;

    /// <summary>Starts clients at all gateways in turn, then the publisher, and waits until it flows.</summary>
    public static async Task<Traffic> StartAsync(LocalCluster cluster)
    {
        var traffic = new Traffic();
        for (var i = 0; i < Clients; i++) traffic._clients.Add(await ResumingClient.StartAsync(cluster.Gateways, i));
        traffic._publisher = await RetryingPublisher.StartAsync(cluster);
        await traffic._publisher.ContinueAsync();
        return traffic;
    }

    /// <summary>A gateway is new: as many clients again begin there, and the publisher goes there too.</summary>
    public async Task JoinAsync(NotifyHubProcess gateway)
    {
        Publisher.Add(gateway);
        for (var i = 0; i < Clients; i++) _clients.Add(await ResumingClient.StartAsync([gateway], 0));
    }

    /// <summary>
    /// Ends the publishing, waits until the clients have everything, and holds them to the promise: every acknowledged message exactly once
    /// and in order, none invented.
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
            // The publisher is the only one, and does not give up a message: what was stored is what was acknowledged. (Before its first one
            // there may be some that the client's gateway had yet to hear of.)
            Assert.Empty(client.Faults);
            Assert.Equal(
                acknowledged.Where(message => message.Key > client.Start).OrderBy(message => message.Key).Select(message => (message.Key, message.Value)),
                client.Received.Where(message => message.Offset >= first));
        }
    }

    /// <summary>Ends the publishing, gives the clients time to get everything, and counts instead of judging.</summary>
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
            // What has not come by now is lost.
        }

        var count = new TrafficCount(acknowledged.Count, 0, 0, 0, 0, Publisher.Retries, Publisher.Faults.Count + _clients.Sum(client => client.Faults.Count));
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
