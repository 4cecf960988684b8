using System.Text.Json;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

/// <summary>A client of channels comes with a position from a gateway that was ahead of this one.</summary>
public sealed class LaggingGatewayTests : IAsyncLifetime
{
    private readonly MemoryLogs _logs = new(3);
    private readonly List<IDisposable> _used = [];
    private GatewayParts? _ahead;
    private GatewayParts? _lagging;

    private GatewayParts Ahead => _ahead!;

    private GatewayParts Lagging => _lagging!;

    public async ValueTask InitializeAsync() => (_ahead, _lagging) = (await StartAsync(), await StartAsync());

    public ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_used)) one.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task It_asks_the_logs_before_it_answers()
    {
        var position = await PositionAheadAsync();

        var back = Connect(Lagging, position, "all", "a:1");

        await back.UntilAsync(_ => Of(back, "subscribed").Count == 1);
        Assert.All(
            Of(back, "subscribed")[0].GetProperty("channels").EnumerateArray(),
            one => Assert.True(one.GetProperty("recovered").GetBoolean()));
        Lagging.Logs.Take(_logs.Of("a:1").Add("a:1", "{}"));
        await back.UntilAsync(_ => Of(back, "message").Count == 1);
        Assert.Equal(_logs.Of("a:1").Head, Of(back, "message")[0].GetProperty("offset").GetInt64());
    }

    [Theory]
    [InlineData("all")]
    [InlineData("a:1")]
    public async Task While_the_logs_are_away_it_calls_nothing_lost(string channel)
    {
        var position = await PositionAheadAsync();
        _logs.All.Fault = _logs.Of("a:1").Fault = new StorageUnavailableException();

        var back = Connect(Lagging, position, channel);

        await Until.TrueAsync(() => back.Client.Reason == CloseReason.TryAgain);
        Assert.Empty(Of(back, "subscribed"));
        Assert.Equal("UNAVAILABLE", Assert.Single(Of(back, "error")).GetProperty("code").GetString());
    }

    /// <summary>A position behind messages that only one gateway has been sent.</summary>
    private async Task<string> PositionAheadAsync()
    {
        var peer = Connect(Ahead, null, "all", "a:1");
        await peer.UntilAsync(_ => Of(peer, "subscribed").Count == 1);
        Ahead.Follower.Take(_logs.All.Add(10));
        Ahead.Logs.Take(_logs.Of("a:1").Add("a:1", "{}"));
        await peer.UntilAsync(_ => Of(peer, "message").Count == 2);
        var before = Of(peer, "position").Count;
        await Until.TrueAsync(() =>
        {
            Ahead.Senders.Beat();
            return Of(peer, "position").Count > before;
        });
        return Of(peer, "position")[^1].GetProperty("position").GetString()!;
    }

    private async Task<GatewayParts> StartAsync()
    {
        var parts = new GatewayParts(_logs.Grains, new GatewayOptions { Senders = 1 });
        _used.Add(parts);
        parts.Namespaces.Set(new Dictionary<string, NamespaceOptions>
        {
            [ChannelName.DefaultNamespace] = new(SubscribeAccess.Public),
        });
        await parts.Follower.RenewAsync(null!, CancellationToken.None);
        await parts.Logs.RenewAsync(null!, CancellationToken.None);
        return parts;
    }

    private Peer Connect(GatewayParts gateway, string? position, params string[] channels)
    {
        var peer = new Peer(gateway.Senders.Of(0), v1: true);
        _used.Add(peer);
        gateway.Subscriber.Begin(peer.Client, new Handshake("", Handshake.V1, null, null, channels, position));
        return peer;
    }

    private static List<JsonElement> Of(Peer peer, string type) => ChannelClientsTests.Of(peer, type);
}
