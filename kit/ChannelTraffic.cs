using System.Net;
using Xunit;

namespace NotifyHub.TestKit;

/// <summary>A publisher to many channels, and clients of some of them that keep resuming, whatever happens.</summary>
public sealed class ChannelTraffic : IAsyncDisposable
{
    private readonly List<ResumingChannelClient> _clients = [];
    private RetryingChannelPublisher? _publisher;

    public RetryingChannelPublisher Publisher => _publisher!;

    public IReadOnlyList<ResumingChannelClient> Clients => _clients;

    /// <summary>A position before the first message.</summary>
    public string Begin { get; private set; } = "";

    private string[] Channels { get; init; } = [];

    /// <summary>Makes the namespace public at all gateways, starts the clients at all of them, then the publisher.</summary>
    /// <param name="gateways">At least one.</param>
    /// <param name="administrator">Logged in.</param>
    /// <param name="space">The namespace.</param>
    /// <param name="count">How many channels of it get messages.</param>
    /// <param name="following">What each client follows, of all channels.</param>
    public static async Task<ChannelTraffic> StartAsync(
        IReadOnlyList<NotifyHubProcess> gateways,
        RestClient administrator,
        string space,
        int count,
        Func<string[], IEnumerable<IReadOnlyList<string>>> following)
    {
        await PublicAsync(gateways, administrator, space);
        var traffic = new ChannelTraffic { Channels = [.. Enumerable.Range(0, count).Select(number => $"{space}:{number}")] };
        foreach (var channels in following([.. traffic.Channels]))
            traffic._clients.Add(await ResumingChannelClient.StartAsync(gateways, traffic._clients.Count, channels));
        traffic.Begin = traffic._clients[0].Position!;
        var key = (await administrator.PostAsync("/api/keys", """{"name":"traffic","scopes":["publish"]}"""))
            .Expect(HttpStatusCode.Created).Data.GetProperty("key").GetString()!;
        traffic._publisher = RetryingChannelPublisher.Start(gateways, key, traffic.Channels);
        await traffic._publisher.ContinueAsync(50);
        return traffic;
    }

    /// <summary>Makes a namespace public, and waits until it is at all gateways.</summary>
    public static async Task PublicAsync(IReadOnlyList<NotifyHubProcess> gateways, RestClient administrator, string space)
    {
        const string Options = """{"subscribe":"public","publish":"token"}""";
        (await administrator.SendAsync(HttpMethod.Put, $"/api/namespaces/{space}", Options)).Expect(HttpStatusCode.OK);
        var channel = space == "default" ? "any" : $"{space}:any";
        foreach (var gateway in gateways)
        {
            using var rest = gateway.Rest();
            RestAnswer? answer = null;
            await Until.TrueAsync(
                async () => (answer = await rest.GetAsync($"/api/channels/{channel}")).Status == HttpStatusCode.OK,
                () => answer?.Body ?? "no answer", "the namespace is public");
        }
    }

    /// <summary>Adds one more client, which begins at a position: it counts as one that has followed since then.</summary>
    public async Task JoinAsync(IReadOnlyList<NotifyHubProcess> gateways, IReadOnlyList<string> channels, string position) =>
        _clients.Add(await ResumingChannelClient.StartAsync(gateways, _clients.Count, channels, position));

    /// <summary>
    /// Stops publishing, waits until the clients have everything, and checks that each handled every acknowledged message of its
    /// channels exactly once and in order, and nothing else.
    /// </summary>
    public async Task EndAsync()
    {
        await Publisher.StopAsync();
        Assert.True(Publisher.Faults.IsEmpty, string.Join("\n\n", Publisher.Faults));
        var acknowledged = Channels.ToDictionary(channel => channel, Publisher.Acknowledged, StringComparer.Ordinal);
        foreach (var client in _clients)
        {
            string[] followed = [.. Channels.Where(channel => client.Channels.Any(name => Covers(name, channel)))];
            var expected = followed.Sum(channel => acknowledged[channel].Count);
            await Until.TrueAsync(
                () => client.Count >= expected || client.Faults.Count > 0,
                () => $"{client.Count} of {expected} after {client.Resumes} resumes; "
                    + $"lost: {Lost(client, followed, acknowledged)}",
                "the client has everything");
            Assert.True(client.Faults.Count == 0, string.Join('\n', client.Faults));
            Assert.NotEqual(0, expected);
            // The only publisher, and it retries until acknowledged: what was stored is what was acknowledged.
            foreach (var channel in followed) Assert.Equal(acknowledged[channel], client.Handled(channel));
            Assert.Equal(expected, client.Count);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) await client.DisposeAsync();
        if (_publisher is not null) await _publisher.DisposeAsync();
    }

    private static bool Covers(string nameOrPattern, string channel) => nameOrPattern == channel
        || (nameOrPattern.EndsWith('*') && channel.StartsWith(nameOrPattern[..^1], StringComparison.Ordinal));

    private static string Lost(
        ResumingChannelClient client,
        string[] channels,
        Dictionary<string, IReadOnlyList<(long Offset, string Data)>> acknowledged) =>
        string.Join(", ", channels.SelectMany(channel => acknowledged[channel].Except(client.Handled(channel))
            .Select(message => $"{channel} {message.Offset}")).Take(20));
}
