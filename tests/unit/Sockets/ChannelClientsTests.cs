using System.Text;
using System.Text.Json;
using CsCheck;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

/// <summary>Clients that use channels, from their frames to the frames that they get.</summary>
public sealed class ChannelClientsTests : IAsyncLifetime
{
    private const int Logs = 3;

    private readonly MemoryLogs _logs = new(Logs);
    private readonly List<IDisposable> _used = [];
    private GatewayParts? _parts;

    private GatewayParts Gateway => _parts!;

    public async ValueTask InitializeAsync() => _parts = await StartAsync();

    public ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_used)) one.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_subscriber_gets_what_is_published_to_its_channel()
    {
        var peer = Connect("a:1");
        await SubscribedAsync(peer, 1);
        Publish("a:1", "{\"n\":1}");
        Publish("a:2", "{\"n\":2}");
        Publish("a:1", "{\"n\":3}");

        await peer.UntilAsync(_ => Messages(peer).Count == 2);
        var first = Messages(peer)[0];
        Assert.Equal("a:1", first.GetProperty("channel").GetString());
        Assert.Equal("2020-01-01T00:00:00.000Z", first.GetProperty("at").GetString());
        Assert.Equal([1, 3], Messages(peer).Select(message => message.GetProperty("data").GetProperty("n").GetInt32()));
    }

    [Fact]
    public async Task The_first_answer_says_what_the_connection_is()
    {
        var peer = Connect("a:1", "a:*", "b");
        var answer = await SubscribedAsync(peer, 1);
        Assert.Equal(peer.Client.Opened.ConnectionId, answer.GetProperty("connection").GetString());
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("user").ValueKind);
        Assert.Equal(Gateway.Logs.Epoch, answer.GetProperty("epoch").GetString());
        Assert.NotEmpty(answer.GetProperty("position").GetString()!);
        Assert.Equal(1_000, answer.GetProperty("limits").GetProperty("channels").GetInt32());
        Assert.Equal(40_000, answer.GetProperty("heartbeat_ms").GetInt32());
        Assert.Equal(
            ["a:1", "a:*", "b"], Channels(answer).Select(one => one.GetProperty("channel").GetString()));
        Assert.All(Channels(answer), one => Assert.False(one.GetProperty("recovered").GetBoolean()));
    }

    [Theory]
    [InlineData("a::b", "INVALID_CHANNEL")]
    [InlineData("a:.:b", "INVALID_CHANNEL")]
    [InlineData("a b", "INVALID_CHANNEL")]
    [InlineData("*", "INVALID_CHANNEL")]
    [InlineData("$events", "FORBIDDEN")]
    [InlineData("user:42", "FORBIDDEN")]
    [InlineData("secret:1", "FORBIDDEN")]
    public async Task A_channel_that_is_refused_fails_no_other(string channel, string code)
    {
        var peer = Connect(channel, "a:1");
        var answer = await SubscribedAsync(peer, 1);
        var refused = Assert.Single(answer.GetProperty("refused").EnumerateArray());
        Assert.Equal(channel, refused.GetProperty("channel").GetString());
        Assert.Equal(code, refused.GetProperty("code").GetString());
        Assert.False(refused.GetProperty("again").GetBoolean());
        Publish("a:1", "{}");
        await peer.UntilAsync(_ => Messages(peer).Count == 1);
    }

    [Fact]
    public async Task Nothing_of_a_channel_follows_unsubscribed()
    {
        var peer = Connect("a:1", "a:2");
        await SubscribedAsync(peer, 1);
        Send(peer, """{"type":"unsubscribe","id":"x","channels":["a:1","never"]}""");
        await peer.UntilAsync(_ => Of(peer, "unsubscribed").Count == 1);
        var answer = Of(peer, "unsubscribed")[0];
        Assert.Equal("x", answer.GetProperty("id").GetString());
        Assert.Equal(["a:1"], answer.GetProperty("channels").EnumerateArray().Select(one => one.GetString()));

        Publish("a:1", "{\"n\":1}");
        Publish("a:2", "{\"n\":2}");
        await peer.UntilAsync(_ => Messages(peer).Count > 0);
        Assert.Equal("a:2", Assert.Single(Messages(peer)).GetProperty("channel").GetString());
    }

    [Fact]
    public async Task A_message_comes_once_however_many_subscriptions_match()
    {
        var peer = Connect("a:*", "a:b:1", "a:b:*");
        await SubscribedAsync(peer, 1);
        for (var i = 0; i < 20; i++) Publish("a:b:1", $"{{\"n\":{i}}}");
        await peer.UntilAsync(_ => Messages(peer).Count >= 20);
        Send(peer, """{"type":"unsubscribe","id":2,"channels":["a:*"]}""");
        await peer.UntilAsync(_ => Of(peer, "unsubscribed").Count == 1);
        for (var i = 20; i < 40; i++) Publish("a:b:1", $"{{\"n\":{i}}}");
        Publish("a:2", "{}");
        Publish("a:b:1", "{\"n\":40}");
        await peer.UntilAsync(_ => Messages(peer).Count >= 41);
        Assert.Equal(
            Enumerable.Range(0, 41), Messages(peer).Select(message => message.GetProperty("data").GetProperty("n").GetInt32()));
    }

    [Fact]
    public async Task A_position_brings_what_was_missed_from_memory()
    {
        var peer = Connect("a:1", "b:*");
        await SubscribedAsync(peer, 1);
        var position = await PositionAsync(peer);
        Publish("a:1", "{\"n\":1}");
        Publish("b:1", "{\"n\":2}");
        Publish("c:1", "{\"n\":3}");

        var back = ConnectAt(position, "a:1", "b:*");
        var answer = await SubscribedAsync(back, 1);
        Assert.All(Channels(answer), one => Assert.True(one.GetProperty("recovered").GetBoolean()));
        await back.UntilAsync(_ => Messages(back).Count == 2);
        Assert.Equal(0, _logs.Channels.Sum(log => log.Reads));
    }

    [Fact]
    public async Task A_position_before_the_windows_is_read_from_the_logs()
    {
        var peer = Connect("a:1", "a:2", "b:*");
        await SubscribedAsync(peer, 1);
        var position = await PositionAsync(peer);
        for (var i = 0; i < 3_000; i++) Publish(i % 3 == 0 ? "a:1" : i % 3 == 1 ? "b:1" : $"c:{i}", new string(' ', 200) + "{}");
        await peer.UntilAsync(_ => Messages(peer).Count == 2_000);

        // A gateway that has kept next to nothing.
        var small = await StartAsync(new GatewayOptions { WindowBytes = 1 << 16, Senders = 1 });
        var back = Connect(small, position, "a:1", "a:2", "b:*");
        await SubscribedAsync(back, 1);
        await back.UntilAsync(_ => Messages(back).Count >= 2_000);
        Publish("a:1", "{}");
        await back.UntilAsync(_ => Messages(back).Count >= 2_001);
        foreach (var channel in (string[])["a:1", "b:1"])
            Assert.Equal(_logs.Of(channel).Retained(channel, 0), Offsets(back, channel));
    }

    [Fact]
    public async Task A_position_that_cannot_be_read_recovers_nothing()
    {
        Publish("a:1", "{}");
        var peer = ConnectAt("nonsense", "a:1");
        var answer = await SubscribedAsync(peer, 1);
        var channel = Assert.Single(answer.GetProperty("channels").EnumerateArray());
        Assert.False(channel.GetProperty("recovered").GetBoolean());
        Assert.False(channel.TryGetProperty("gap", out _));
        Publish("a:1", "{}");
        await peer.UntilAsync(_ => Messages(peer).Count == 1);
    }

    [Fact]
    public async Task Replaced_and_retracted_messages_are_not_for_late_comers()
    {
        var fast = Connect("a:1");
        await SubscribedAsync(fast, 1);
        var position = await PositionAsync(fast);
        foreach (var n in Enumerable.Range(1, 3))
        {
            Publish("a:1", $"{{\"n\":{n}}}", key: "price");
            await fast.UntilAsync(_ => Messages(fast).Count == n);
        }

        var taken = Publish("a:1", "{\"n\":4}");
        Publish("a:1", "", retracts: taken);
        await fast.UntilAsync(_ => Of(fast, "retracted").Count == 1);
        Assert.Equal(taken, Of(fast, "retracted")[0].GetProperty("offset").GetInt64());

        var late = ConnectAt(position, "a:1");
        await late.UntilAsync(_ => Of(late, "retracted").Count == 1);
        Assert.Equal(3, Assert.Single(Messages(late)).GetProperty("data").GetProperty("n").GetInt32());
    }

    [Fact]
    public async Task Without_subscriptions_the_position_is_given_back()
    {
        var peer = Connect("a:1");
        await SubscribedAsync(peer, 1);
        var position = await PositionAsync(peer);
        Publish("a:1", "{}");
        var back = ConnectAt(position, []);
        var answer = await SubscribedAsync(back, 1);
        Assert.Equal(position, answer.GetProperty("position").GetString());
    }

    [Fact]
    public async Task All_is_a_channel_like_any_other()
    {
        var peer = Connect("all", "a:1");
        await SubscribedAsync(peer, 1);
        Gateway.Follower.Take(_logs.All.Add(10));
        Publish("a:1", "{}");
        await peer.UntilAsync(_ => Messages(peer).Count == 2);
        Assert.Equal(["a:1", "all"], Messages(peer).Select(message => message.GetProperty("channel").GetString()!).Order());
        Send(peer, """{"type":"unsubscribe","channels":["all"]}""");
        await peer.UntilAsync(_ => Of(peer, "unsubscribed").Count == 1);
        Gateway.Follower.Take(_logs.All.Add(10));
        Publish("a:1", "{}");
        await peer.UntilAsync(_ => Messages(peer).Count == 3);
        Assert.Equal("a:1", Messages(peer)[2].GetProperty("channel").GetString());
    }

    /// <summary>
    /// Clients subscribe, unsubscribe, stop reading, are cut and come back by position at any gateway, while messages are
    /// published, replaced and retracted. A client that drops what is not above the offset that it has gets every message of
    /// each channel that it follows, as far as it is retained, once and in order.
    /// </summary>
    [Fact]
    public Task Any_interleaving_gives_each_client_what_is_retained() =>
        Gen.Select(Gen.Int[0, 11], Gen.Int[0, 4], Gen.Int[0, 3]).Array[10, 120]
            .SampleAsync(RunAsync, iter: 60, threads: 1);

    private async Task RunAsync((int Act, int Channel, int Extra)[] acts)
    {
        string[] channels = ["a:1", "a:2", "b:x:1", "b:x:2", "c"];
        string[] names = ["a:1", "a:*", "b:*", "b:x:*", "c"];
        var other = await StartAsync(new GatewayOptions { WindowBytes = 1 << 16, Senders = 1 });
        var client = new ResumingClient(this, _logs);
        await client.ConnectAsync(Gateway, names[..3]);
        foreach (var (act, channel, extra) in acts)
        {
            var name = channels[channel];
            switch (act)
            {
                case < 5:
                    for (var i = 0; i <= extra * 3; i++)
                        Publish(name, "{}" + new string(' ', extra * 4_000), extra == 1 ? "k" : null);
                    break;
                case 5:
                    if (_logs.Of(name).Newest(name) is { } newest) Publish(name, "", retracts: newest);
                    break;
                case 6:
                    await client.ReconnectAsync(extra % 2 == 0 ? Gateway : other);
                    break;
                case 7:
                    client.Peer.Pause();
                    break;
                case 8:
                    client.Peer.Resume();
                    break;
                case 9:
                    client.Gateway.Senders.Beat();
                    break;
                case 10:
                    await client.SubscribeAsync(names[channel]);
                    break;
                default:
                    await client.UnsubscribeAsync(names[channel]);
                    break;
            }
        }

        await client.CheckAsync();
    }

    private async Task<GatewayParts> StartAsync(GatewayOptions? options = null)
    {
        var parts = new GatewayParts(_logs.Grains, options ?? new GatewayOptions { Senders = 1 });
        _used.Add(parts);
        parts.Namespaces.Set(new Dictionary<string, NamespaceOptions>
        {
            [ChannelName.DefaultNamespace] = new(SubscribeAccess.Public),
            ["secret"] = new(SubscribeAccess.Staff),
        });
        await parts.Follower.RenewAsync(null!, CancellationToken.None);
        await parts.Logs.RenewAsync(null!, CancellationToken.None);
        return parts;
    }

    private long Publish(string channel, string data, string? key = null, long? retracts = null)
    {
        var batch = _logs.Of(channel).Add(channel, data, key, retracts);
        foreach (var gateway in _used.OfType<GatewayParts>()) gateway.Logs.Take(batch);
        return batch.To;
    }

    private Peer Connect(params string[] channels) => Connect(Gateway, null, channels);

    private Peer ConnectAt(string position, params string[] channels) => Connect(Gateway, position, channels);

    internal Peer Connect(GatewayParts gateway, string? position, params string[] channels)
    {
        var peer = new Peer(gateway.Senders.Of(0), v1: true);
        _used.Add(peer);
        gateway.Subscriber.Begin(peer.Client, new Handshake("", Handshake.V1, null, null, channels, position));
        return peer;
    }

    private void Send(Peer peer, string text) => Send(Gateway, peer, text);

    internal static void Send(GatewayParts gateway, Peer peer, string text)
    {
        Assert.Equal(ClientMessageKind.Channels, ClientMessage.Parse(Encoding.UTF8.GetBytes(text), out var message));
        gateway.Requests.Take(peer.Client, message.Request, Encoding.UTF8.GetBytes(text));
    }

    private static async Task<JsonElement> SubscribedAsync(Peer peer, int count)
    {
        await peer.UntilAsync(_ => Of(peer, "subscribed").Count >= count);
        return Of(peer, "subscribed")[count - 1];
    }

    private async Task<string> PositionAsync(Peer peer)
    {
        var before = Of(peer, "position").Count;
        await Until.TrueAsync(() =>
        {
            Gateway.Senders.Beat();
            return Of(peer, "position").Count > before;
        });
        return Of(peer, "position")[^1].GetProperty("position").GetString()!;
    }

    internal static List<JsonElement> Of(Peer peer, string type) =>
        [.. peer.Frames().Where(frame => frame.Opcode == 1).Select(frame => frame.Json)
            .Where(json => TypeOf(json) == type)];

    private static string? TypeOf(JsonElement frame) => frame.TryGetProperty("type", out var type)
        ? type.GetString()
        : throw new InvalidOperationException("A frame without a type: " + frame.GetRawText());

    private static List<JsonElement> Channels(JsonElement answer) => [.. answer.GetProperty("channels").EnumerateArray()];

    private static List<JsonElement> Messages(Peer peer) => Of(peer, "message");

    private static List<long> Offsets(Peer peer, string channel) =>
        [.. Messages(peer).Where(message => message.GetProperty("channel").GetString() == channel)
            .Select(message => message.GetProperty("offset").GetInt64())];

    /// <summary>A client as the contract describes it: it remembers the position told last, and of each channel that it follows
    /// the highest offset that it handled; it comes back with the position, and drops what is not above what it has.</summary>
    private sealed class ResumingClient(ChannelClientsTests test, MemoryLogs logs)
    {
        private readonly Dictionary<string, long[]> _followed = new(StringComparer.Ordinal);
        private readonly Dictionary<string, SortedSet<long>> _handled = new(StringComparer.Ordinal);
        private string? _position;
        private int _read;

        public Peer Peer { get; private set; } = null!;

        public GatewayParts Gateway { get; private set; } = null!;

        public async Task ConnectAsync(GatewayParts gateway, params string[] names)
        {
            foreach (var name in names) _followed[name] = Heads();
            await ReconnectAsync(gateway);
        }

        public async Task ReconnectAsync(GatewayParts gateway)
        {
            if (Peer is not null)
            {
                Read();
                Peer.Dispose();
            }

            (Gateway, _read) = (gateway, 0);
            Peer = test.Connect(gateway, _position, [.. _followed.Keys]);
            await AnswerAsync(0);
        }

        public async Task SubscribeAsync(string name)
        {
            await AskAsync("subscribe", name);
            _followed.TryAdd(name, Heads());
        }

        public async Task UnsubscribeAsync(string name)
        {
            await AskAsync("unsubscribe", name);
            Read();
            _followed.Remove(name);
            foreach (var channel in _handled.Keys.Where(channel => !_followed.Keys.Any(one => Matches(one, channel))).ToList())
                _handled.Remove(channel);
        }

        public async Task CheckAsync()
        {
            Peer.Resume();
            List<string> missing = [];
            await Until.TrueAsync(
                () =>
                {
                    Read();
                    missing = Missing();
                    return missing.Count == 0;
                },
                () => $"missing {string.Join(' ', missing)} of {string.Join(' ', _followed.Keys)}; closed: {Peer.Client.Reason}");
        }

        private List<string> Missing() =>
        [
            .. from channel in logs.Channels.SelectMany(log => log.Names).Distinct()
               let log = logs.Of(channel)
               from name in _followed.Keys
               where Matches(name, channel)
               from offset in log.Retained(channel, _followed[name][log.Number])
               where !_handled.TryGetValue(channel, out var handled) || !handled.Contains(offset)
               select $"{channel}@{offset}",
        ];

        private long[] Heads() => [0, .. logs.Channels.Select(log => log.Head)];

        private async Task AskAsync(string type, string name)
        {
            var before = Of(Peer, type + "d").Count;
            Peer.Resume();
            Send(Gateway, Peer, $$"""{"type":"{{type}}","channels":["{{name}}"]}""");
            await AnswerAsync(before, type + "d");
        }

        private async Task AnswerAsync(int before, string type = "subscribed") =>
            await Peer.UntilAsync(_ => Of(Peer, type).Count > before);

        private void Read()
        {
            var frames = Peer.Frames();
            for (; _read < frames.Count; _read++)
            {
                if (frames[_read].Opcode != 1) continue;
                var frame = frames[_read].Json;
                if (frame.TryGetProperty("position", out var position)) _position = position.GetString();
                if (frame.GetProperty("type").GetString() is not ("message" or "retracted")) continue;
                var channel = frame.GetProperty("channel").GetString()!;
                Assert.Contains(_followed.Keys, name => Matches(name, channel));
                if (!_handled.TryGetValue(channel, out var handled)) _handled[channel] = handled = [];
                // A retraction's own offset is not told: it is known by what it takes back.
                var offset = frame.GetProperty("offset").GetInt64();
                if (frame.GetProperty("type").GetString() == "retracted") handled.Add(logs.Of(channel).RetractionOf(offset));
                else if (offset > handled.Max) handled.Add(offset);
            }
        }

        private static bool Matches(string name, string channel) =>
            name == channel || (name.EndsWith('*') && channel.StartsWith(name[..^1], StringComparison.Ordinal));
    }
}
