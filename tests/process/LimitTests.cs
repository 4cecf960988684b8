using System.Text;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>The limits on clients and handshakes, each at its bound.</summary>
public sealed class LimitTests(LimitTests.Shared shared) : IClassFixture<LimitTests.Shared>, IAsyncLifetime
{
    private const string Ping = """{"type":"ping"}""";
    private const string Pong = """{"type":"pong"}""";

    // The burst that is allowed at one message per second before the client is disconnected.
    private const int Burst = 10;
    private const int HttpConnections = 20;
    private const int HttpConnectionsPerAddress = 10;

    public sealed class Shared() : SharedProcess(
        ("ClientMessagesPerSecond", "1"), ("ClientConnections", "4"), ("ClientConnectionsPerAddress", "2"),
        ("HeaderBytes", "4096"), ("HttpConnections", $"{HttpConnections}"),
        ("HttpConnectionsPerAddress", $"{HttpConnectionsPerAddress}"), ("HandshakeTimeout", "00:02:00"),
        ("CloseGrace", "00:00:02"), ("PushConnections", "4"), ("PushConnectionsPerAddress", "2"), ("PushIdle", "00:05:00"),
        ("HealthPort", "0"), ("MetricsPort", "0"));

    private NotifyHubProcess Hub => shared.Hub;

    /// <summary>Waits until no connection of another test is left.</summary>
    public async ValueTask InitializeAsync()
    {
        using var rest = Hub.Rest();
        await Until.TrueAsync(async () => (await rest.StatusAsync()).GetProperty("active_connections").GetInt64() == 0);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public static TheoryData<string, byte[]> Floods => new()
    {
        { "texts", RawSocket.Text(Ping) },
        { "pings", RawSocket.Frame(9, "hi"u8) },
        { "pongs", RawSocket.Frame(10, ""u8) },
        { "empty fragments", RawSocket.Frame(0, ""u8, flags: 0) },
    };

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task A_flood_is_answered_once_and_closed_with_1008(string what, byte[] frame)
    {
        using var rest = await Hub.LogInAsync();
        await using var bystander = await Hub.ConnectAsync();
        using var raw = await RawSocket.UpgradeAsync(Hub.WebSocketPort);
        if (what == "empty fragments") await raw.SendAsync(RawSocket.Frame(1, "{"u8, flags: 0));

        // If the machine stalls, seconds pass and more is allowed: hence very many.
        await raw.SendAsync(Enumerable.Repeat(frame, 500).SelectMany(bytes => bytes).ToArray());

        List<(int Opcode, string Text)> answers = [];
        do
        {
            var (opcode, payload) = await raw.ReadFrameAsync();
            answers.Add((opcode, Encoding.UTF8.GetString(payload)));
        }
        while (answers[^1].Opcode != 8);
        Assert.Equal("\u0003\ufffdtoo many messages", answers[^1].Text);
        Assert.Equal(
            """{"type":"error","code":"RATE_LIMITED","message":"Too many messages. The connection is closed."}""",
            answers[^2].Text);
        var expected = what switch { "texts" => (1, Pong), "pings" => (10, "hi"), _ => default };
        Assert.All(answers[..^2], answer => Assert.Equal(expected, answer));
        Assert.InRange(answers.Count - 2, expected == default ? 0 : Burst, expected == default ? 0 : 400);
        Assert.Empty(await raw.ReadToEndAsync());
        raw.Dispose();
        var connection = await rest.ConnectionAsync(raw.UserAgent, one => one.GetProperty("status").GetString() != "connected");
        Assert.Equal("error", connection.GetProperty("status").GetString());
        Assert.Equal("too many messages", connection.GetProperty("lastError").GetString());
        await bystander.SendAsync(Ping);
        Assert.Equal(Pong, await bystander.NextAsync());
    }

    [Fact]
    public async Task As_many_as_are_allowed_at_once_are_all_answered()
    {
        using var raw = await RawSocket.UpgradeAsync(Hub.WebSocketPort);

        for (var i = 0; i < Burst; i++) await raw.SendAsync(RawSocket.Text(Ping));

        for (var i = 0; i < Burst; i++) Assert.Equal(Pong, await raw.ReadTextAsync());
        await raw.SendAsync(RawSocket.Close(1000));
        Assert.NotEqual(-1, await raw.ReadCloseAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3500)]
    public async Task One_client_too_many_of_an_address_is_refused_with_429_until_another_leaves(int cookieLength)
    {
        using var first = await RawSocket.UpgradeAsync(Hub.WebSocketPort);
        using var second = await RawSocket.UpgradeAsync(Hub.WebSocketPort);

        await AssertRefusedAsync(null, cookieLength, "HTTP/1.1 429 ", "TOO_MANY_CONNECTIONS");
        using var other = await RawSocket.UpgradeAsync(Hub.WebSocketPort, from: "127.0.0.2");

        first.Dispose();
        await AssertIsLetInAsync(null);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3500)]
    public async Task One_client_too_many_in_all_is_refused_with_503_until_another_leaves(int cookieLength)
    {
        using var first = await RawSocket.UpgradeAsync(Hub.WebSocketPort);
        using var second = await RawSocket.UpgradeAsync(Hub.WebSocketPort);
        using var third = await RawSocket.UpgradeAsync(Hub.WebSocketPort, from: "127.0.0.2");
        using var fourth = await RawSocket.UpgradeAsync(Hub.WebSocketPort, from: "127.0.0.2");

        await AssertRefusedAsync("127.0.0.3", cookieLength, "HTTP/1.1 503 ", "GATEWAY_FULL");

        first.Dispose();
        await AssertIsLetInAsync("127.0.0.3");
        await fourth.SendAsync(RawSocket.Text(Ping));
        Assert.Equal(Pong, await fourth.ReadTextAsync());
    }

    [Fact]
    public async Task One_push_connection_too_many_takes_the_place_of_the_longest_idle_one()
    {
        using var first = await AssertPushesAsync("127.0.0.1");
        using var second = await AssertPushesAsync("127.0.0.1");
        using var third = await AssertPushesAsync("127.0.0.1");
        Assert.Equal("error: closed to make room, too many connections from this address", await first.ReadLineAsync());
        Assert.Null(await first.ReadLineAsync());

        using var fourth = await AssertPushesAsync("127.0.0.2");
        using var fifth = await AssertPushesAsync("127.0.0.2");
        using var sixth = await AssertPushesAsync("127.0.0.3");
        Assert.Equal("error: closed to make room, too many connections", await second.ReadLineAsync());
        Assert.Null(await second.ReadLineAsync());
        foreach (var other in (PushClient[])[third, fourth, fifth, sixth]) Assert.Equal("ok", await other.PushAsync("{}"));

        async Task<PushClient> AssertPushesAsync(string from)
        {
            // A connection counts as idle shortly after its "ok" was sent; only then does it make room for another.
            PushClient? push = null;
            await Until.TrueAsync(async () =>
            {
                push?.Dispose();
                push = await PushClient.ConnectAsync(Hub.PushPort, from: from);
                return await push.PushAsync("{}") == "ok";
            });
            return push!;
        }
    }

    [Theory]
    [InlineData(3500, "101")]
    [InlineData(4096, "431")]
    [InlineData(1 << 20, "431")]
    public async Task A_head_over_the_limit_is_refused_with_431(int cookieLength, string status)
    {
        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);

        // A client that is refused in the middle of a long head may see a reset.
        var sending = Record.ExceptionAsync(() => raw.SendAsync(raw.Handshake("/", ("Cookie", new string('c', cookieLength)))));

        Assert.StartsWith($"HTTP/1.1 {status} ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        await sending;
    }

    [Fact]
    public async Task Requests_that_never_end_take_the_HTTP_connections_but_no_clients_place()
    {
        List<RawSocket> slow = [];
        try
        {
            for (var i = 0; i < HttpConnections + 5; i++)
            {
                slow.Add(await RawSocket.ConnectAsync(Hub.WebSocketPort));
                await slow[^1].SendAsync("GET /api/system/websocket/status HTTP/1.1\r\nHost: a\r\n");
            }

            // None has a request in progress: each new one displaced the oldest.
            await Until.TrueAsync(() => slow[..5].TrueForAll(raw => raw.HasEnded));
            using var client = await RawSocket.UpgradeAsync(Hub.WebSocketPort);
            await client.SendAsync(RawSocket.Text(Ping));
            Assert.Equal(Pong, await client.ReadTextAsync());
        }
        finally
        {
            foreach (var raw in slow) raw.Dispose();
        }

        await AssertAnswersHttpAsync();
    }

    [Fact]
    public async Task Of_connections_that_say_nothing_the_oldest_give_way_and_health_is_answered()
    {
        List<RawSocket> silent = [];
        var before = await ShedAsync();
        try
        {
            for (var i = 0; i < 3 * HttpConnections; i++)
                silent.Add(await RawSocket.ConnectAsync(Hub.WebSocketPort, from: "127.0.0.9"));
            await Until.TrueAsync(() => silent.Count(raw => raw.HasEnded) >= 2 * HttpConnections);
            Assert.True(silent[..HttpConnections].TrueForAll(raw => raw.HasEnded));

            using var http = new HttpClient { Timeout = Until.Limit };
            await http.GetStringAsync($"http://127.0.0.1:{Hub.WebSocketPort}/health/live", TestContext.Current.CancellationToken);
            await http.GetStringAsync($"http://127.0.0.1:{Hub.HealthPort}/health/live", TestContext.Current.CancellationToken);
            var waiting = silent[^1];
            await waiting.SendAsync(waiting.Handshake());
            Assert.StartsWith("HTTP/1.1 101 ", await waiting.ReadHeadAsync(), StringComparison.Ordinal);
            await Until.TrueAsync(async () => await ShedAsync() - before >= silent.Count(raw => raw != waiting && raw.HasEnded));
        }
        finally
        {
            foreach (var raw in silent) raw.Dispose();
        }

        await AssertAnswersHttpAsync();

        async Task<long> ShedAsync() => (await Refusals.CountAsync(Hub))["websocket shed"];
    }

    [Fact]
    public async Task When_places_run_out_connections_end_with_their_request()
    {
        List<RawSocket> silent = [];
        try
        {
            // More than three quarters.
            for (var i = 0; i < HttpConnections * 9 / 10; i++)
                silent.Add(await RawSocket.ConnectAsync(Hub.WebSocketPort, from: $"127.0.0.{8 + (i % 2)}"));
            using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort, from: "127.0.0.7");
            await raw.SendAsync("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n");

            Assert.Contains("\r\nConnection: close\r\n", await raw.ReadHeadAsync(), StringComparison.Ordinal);
            Assert.NotEmpty(await raw.ReadToEndAsync());
        }
        finally
        {
            foreach (var socket in silent) socket.Dispose();
        }
    }

    [Fact]
    public async Task Beyond_the_limit_per_address_its_own_oldest_connection_closes()
    {
        List<RawSocket> many = [];
        using var other = await RawSocket.ConnectAsync(Hub.WebSocketPort, from: "127.0.0.8");
        await AskAsync(other);
        try
        {
            for (var i = 0; i < HttpConnectionsPerAddress + 3; i++)
            {
                many.Add(await RawSocket.ConnectAsync(Hub.WebSocketPort, from: "127.0.0.9"));
                await AskAsync(many[^1]);
            }

            await Until.TrueAsync(() => many[..3].TrueForAll(raw => raw.HasEnded));
            Assert.DoesNotContain(many[3..], raw => raw.HasEnded);
            await AskAsync(other);
        }
        finally
        {
            foreach (var raw in many) raw.Dispose();
        }

        static async Task AskAsync(RawSocket raw)
        {
            await raw.SendAsync("HEAD /health/live HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        }
    }

    private async Task AssertAnswersHttpAsync()
    {
        using var rest = Hub.Rest();
        await Until.TrueAsync(async () =>
        {
            try
            {
                return (await rest.StatusAsync()).GetProperty("service_running").GetBoolean();
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    /// <summary>Both handshake paths: a short head is handled before the HTTP server, a long one by it.</summary>
    private async Task AssertRefusedAsync(string? from, int cookieLength, string statusLine, string code)
    {
        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort, from: from);
        await raw.SendAsync(raw.Handshake("/", ("Cookie", new string('c', cookieLength)), ("Connection", "Upgrade, close")));
        var head = await raw.ReadHeadAsync();
        Assert.StartsWith(statusLine, head, StringComparison.Ordinal);
        Assert.Matches("\r\nRetry-After: ([5-9]|1[0-5])\r\n", head);
        Assert.Contains($"\"{code}\"", Encoding.UTF8.GetString(await raw.ReadToEndAsync()), StringComparison.Ordinal);
    }

    private Task AssertIsLetInAsync(string? from) => Until.TrueAsync(async () =>
    {
        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort, from: from);
        await raw.SendAsync(raw.Handshake());
        return (await raw.ReadHeadAsync()).StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal);
    });
}
