using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>Every refused connection gets the reason and is counted once, by port and reason.</summary>
public sealed class RefusalTests(RefusalTests.Shared shared) : IClassFixture<RefusalTests.Shared>, IAsyncLifetime
{
    private const string Key = "a key";
    private const string One = "127.0.0.1";
    private const string Two = "127.0.0.2";
    private const string Three = "127.0.0.3";

    public sealed class Shared() : SharedProcess(
        ("ClientConnections", "2"), ("ClientConnectionsPerAddress", "1"), ("PushConnections", "2"),
        ("PushConnectionsPerAddress", "1"), ("PushKey", Key),
        ("PushIdle", "00:05:00"), ("AllowedOrigins__0", "https://app.example"), ("HandshakeTimeout", "00:00:15"),
        ("MetricsPort", "0"));

    private NotifyHubProcess Hub => shared.Hub;

    /// <summary>Waits until no connection of another test is left.</summary>
    public async ValueTask InitializeAsync()
    {
        using var rest = Hub.Rest();
        await Until.TrueAsync(async () => (await rest.StatusAsync()).GetProperty("active_connections").GetInt64() == 0);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Both handshake paths: a short head is handled before the HTTP server, a long one by it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(6000)]
    public async Task On_the_WebSocket_port_by_each_reason(int cookieLength)
    {
        using var rest = await Hub.LogInAsync();
        var before = await Refusals.CountAsync(Hub);

        await AssertAnsweredAsync(426, One, headers: ("Sec-WebSocket-Version", "8"));
        await AssertAnsweredAsync(400, One, headers: ("Sec-WebSocket-Key", "short"));
        await AssertAnsweredAsync(400, One, "/?since=none");
        await AssertAnsweredAsync(403, One, headers: ("Origin", "https://evil.example"));
        await AssertAnsweredAsync(401, One, headers: ("X-API-Key", "nh_unknown"));
        using (await AssertAnsweredAsync(101, One))
        {
            await AssertAnsweredAsync(429, One);
            using var other = await AssertAnsweredAsync(101, Two);
            await AssertAnsweredAsync(503, Three);
        }

        (await rest.PostAsync("/api/system/websocket/stop")).Expect(HttpStatusCode.OK);
        await AssertAnsweredAsync(503, One);
        (await rest.PostAsync("/api/system/websocket/start")).Expect(HttpStatusCode.OK);

        await AssertCountedAsync(
            before, ("websocket handshake", 3), ("websocket origin", 1), ("websocket unauthorized", 1),
            ("websocket address_full", 1),
            ("websocket full", 1), ("websocket stopped", 1));

        async Task<RawSocket> AssertAnsweredAsync(
            int status, string from, string target = "/", params (string, string?)[] headers)
        {
            var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort, from: from);
            await raw.SendAsync(raw.Handshake(target, [("Cookie", new string('c', cookieLength)), .. headers]));
            Assert.StartsWith($"HTTP/1.1 {status} ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
            if (status != 101) raw.Dispose();
            return raw;
        }
    }

    /// <summary>A page cannot read the status of a handshake, so who offers <c>notifyhub.v1</c> is told by a frame.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(6000)]
    public async Task Clients_of_v1_are_told_each_reason_by_a_frame(int cookieLength)
    {
        using var rest = await Hub.LogInAsync();
        var before = await Refusals.CountAsync(Hub);
        var sessions = (await rest.StatsAsync()).GetProperty("totalConnections").GetInt64();

        Assert.Equal(
            "since 必須是位移：從 0 起的整數", await AssertToldAsync("VALIDATION_ERROR", null, One, "/?since=none"));
        Assert.Equal("Please log in.", await AssertToldAsync(
            "UNAUTHORIZED", null, One, headers: [("X-API-Key", "nh_unknown"), ("Accept-Language", "en")]));
        using (var one = await ConnectAsync(One))
        {
            Assert.Equal("subscribed", JsonElement.Parse(await one.ReadTextAsync()).GetProperty("type").GetString());
            await AssertToldAsync("TOO_MANY_CONNECTIONS", 4_001..15_000, One);
            using var other = await ConnectAsync(Two);
            await AssertToldAsync("GATEWAY_FULL", 4_001..15_000, Three);
        }

        (await rest.PostAsync("/api/system/websocket/stop")).Expect(HttpStatusCode.OK);
        await AssertToldAsync("SERVICE_STOPPED", 4_001..15_000, One);
        (await rest.PostAsync("/api/system/websocket/start")).Expect(HttpStatusCode.OK);

        await AssertCountedAsync(
            before, ("websocket handshake", 1), ("websocket unauthorized", 1), ("websocket address_full", 1),
            ("websocket full", 1), ("websocket stopped", 1));
        // The two that were let in.
        Assert.Equal(sessions + 2, (await rest.StatsAsync()).GetProperty("totalConnections").GetInt64());

        async Task<string> AssertToldAsync(
            string code, Range? afterMs, string from, string target = "/", params (string, string?)[] headers)
        {
            using var raw = await ConnectAsync(from, target, headers);
            var error = JsonElement.Parse(await raw.ReadTextAsync());
            Assert.Equal(
                ("error", code, afterMs is not null),
                (error.GetProperty("type").GetString(), error.GetProperty("code").GetString(),
                    error.GetProperty("again").GetBoolean()));
            Assert.Equal(afterMs is not null, error.TryGetProperty("after_ms", out var after));
            if (afterMs is { } range) Assert.InRange(after.GetInt32(), range.Start.Value, range.End.Value);
            Assert.Equal(afterMs is null ? 4501 : 4503, await raw.ReadCloseAsync());
            await raw.SendAsync(RawSocket.Close(1000));
            Assert.Empty(await raw.ReadToEndAsync());
            return error.GetProperty("message").GetString()!;
        }

        async Task<RawSocket> ConnectAsync(string from, string target = "/", params (string, string?)[] headers)
        {
            var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort, from: from);
            await raw.SendAsync(raw.Handshake(
                target,
                [("Sec-WebSocket-Protocol", "notifyhub.v1"), ("Cookie", new string('c', cookieLength)), .. headers]));
            var head = await raw.ReadHeadAsync();
            Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
            Assert.Contains($"\r\nSec-WebSocket-Accept: {RawSocket.Accept}\r\n", head, StringComparison.Ordinal);
            Assert.Contains("\r\nSec-WebSocket-Protocol: notifyhub.v1\r\n", head, StringComparison.Ordinal);
            return raw;
        }
    }

    /// <summary>It cannot be upgraded, or its page must learn nothing.</summary>
    [Theory]
    [InlineData(426, "handshake", "Sec-WebSocket-Version", "8")]
    [InlineData(400, "handshake", "Sec-WebSocket-Key", "short")]
    [InlineData(403, "origin", "Origin", "https://evil.example")]
    public async Task Some_refusals_of_v1_stay_answers_of_HTTP(int status, string reason, string header, string value)
    {
        var before = await Refusals.CountAsync(Hub);
        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);
        await raw.SendAsync(raw.Handshake(
            "/?since=none", ("Sec-WebSocket-Protocol", "notifyhub.v1"), ("X-API-Key", "nh_unknown"), (header, value)));

        Assert.StartsWith($"HTTP/1.1 {status} ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        // Also for the next test, which would otherwise find these in its own: the metrics are a moment old.
        await AssertCountedAsync(before, ($"websocket {reason}", 1));
    }

    [Fact]
    public async Task On_the_push_port_by_each_reason()
    {
        var before = await Refusals.CountAsync(Hub);

        using var served = await PushClient.ConnectAsync(Hub.PushPort, from: One);
        Assert.Equal("ok", await served.PushAsync($"AUTH {Key}"));
        Assert.Equal(["error: too many connections from this address", null], await TriedAsync(One, $"AUTH {Key}"));
        Assert.Equal(["error: the first line must be AUTH and the right key", null], await TriedAsync(Two, "AUTH another"));
        using var second = await PushClient.ConnectAsync(Hub.PushPort, from: Two);
        Assert.Equal("ok", await second.PushAsync($"AUTH {Key}"));
        Assert.Equal(["error: too many connections", null], await TriedAsync(Three, $"AUTH {Key}"));
        Assert.Equal("ok", await served.PushAsync("{}"));

        await AssertCountedAsync(before, ("push address_full", 1), ("push unauthorized", 1), ("push full", 1));

        async Task<string?[]> TriedAsync(string from, string line)
        {
            using var push = await PushClient.ConnectAsync(Hub.PushPort, from: from);
            return [await push.PushAsync(line), await push.ReadLineAsync()];
        }
    }

    [Fact]
    public async Task A_connection_that_says_nothing_for_too_long()
    {
        var before = await Refusals.CountAsync(Hub);
        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);

        Assert.Empty(await raw.ReadToEndAsync());

        await AssertCountedAsync(before, ("websocket silent", 1));
    }

    /// <summary>Fails unless exactly these refusals were added.</summary>
    private async Task AssertCountedAsync(Dictionary<string, long> before, params (string Refusal, long More)[] expected)
    {
        string[] more = [];
        await Until.TrueAsync(
            async () =>
            {
                more =
                [
                    .. (await Refusals.CountAsync(Hub)).Where(count => count.Value != before[count.Key])
                        .Select(count => $"{count.Key} {count.Value - before[count.Key]}"),
                ];
                return more.Length == expected.Length;
            },
            () => string.Join(", ", more));
        Assert.Equal(expected.Select(one => $"{one.Refusal} {one.More}").Order(), more.Order());
    }
}
