using System.Text;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>How fast one address may open WebSockets. Behind a proxy, which this machine is here, each client has its own.</summary>
public sealed class ConnectRateTests(ConnectRateTests.Shared shared) : IClassFixture<ConnectRateTests.Shared>
{
    // One per second: ten at once.
    private const int Burst = 10;

    public sealed class Shared() : SharedProcess(("ClientConnectsPerSecond", "1"), ("TrustedProxies__0", "127.0.0.0/8"), ("MetricsPort", "0"));

    private NotifyHubProcess Hub => shared.Hub;

    /// <summary>Both ways in: a short head is looked at before the HTTP server, a long one by it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(6000)]
    public async Task An_address_that_opens_too_many_is_refused_with_429_then_dropped_and_others_are_let_in(int cookieLength)
    {
        var hammering = $"198.51.100.{(cookieLength == 0 ? 1 : 2)}";
        var before = (await Refusals.CountAsync(Hub))["websocket rate_limited"];

        // On a busy machine seconds pass meanwhile and more are allowed: hence many.
        List<string> answers = [];
        for (var i = 0; i < 10 * Burst && answers.Count(answer => answer == "") < Burst; i++) answers.Add(await ConnectAsync(hammering, cookieLength));

        Assert.True(answers[..Burst].TrueForAll(answer => answer.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal)));
        var refused = answers.FindAll(answer => answer.StartsWith("HTTP/1.1 429 ", StringComparison.Ordinal));
        Assert.InRange(refused.Count, Burst, 5 * Burst);
        Assert.All(refused, answer =>
        {
            Assert.Matches("\r\nRetry-After: ([5-9]|1[0-5])\r\n", answer);
            Assert.Contains("\"RATE_LIMITED\"", answer, StringComparison.Ordinal);
        });
        Assert.Contains("", answers);
        Assert.StartsWith("HTTP/1.1 101 ", await ConnectAsync("198.51.100.99", cookieLength), StringComparison.Ordinal);
        await Until.TrueAsync(async () =>
            (await Refusals.CountAsync(Hub))["websocket rate_limited"] - before == refused.Count + answers.Count(answer => answer == ""));
        // It is let in again when time has passed.
        await Until.TrueAsync(async () => (await ConnectAsync(hammering, cookieLength)).StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wrong_tokens_count_too_and_are_not_looked_at_any_more()
    {
        List<string> answers = [];
        for (var i = 0; i < 10 * Burst && !answers.Contains(""); i++)
            answers.Add(await ConnectAsync("198.51.100.3", 0, "X-API-Key: nh_wrong\r\n"));

        Assert.True(answers[..Burst].TrueForAll(answer => answer.StartsWith("HTTP/1.1 401 ", StringComparison.Ordinal)));
        Assert.Contains(answers, answer => answer.StartsWith("HTTP/1.1 429 ", StringComparison.Ordinal));
    }

    /// <summary>The answer, as far as it goes; of an upgrade its head, empty when there was none.</summary>
    private async Task<string> ConnectAsync(string from, int cookieLength, string headers = "")
    {
        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);
        await raw.SendAsync(
            $"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {RawSocket.Key}\r\n"
            + $"X-Forwarded-For: {from}\r\nCookie: {new string('c', cookieLength)}\r\n{headers}\r\n");
        try
        {
            var head = await raw.ReadHeadAsync();
            return head.StartsWith("HTTP/1.1 429 ", StringComparison.Ordinal) ? head + Encoding.UTF8.GetString(await raw.ReadToEndAsync()) : head;
        }
        catch (Exception e) when (e is EndOfStreamException or System.Net.Sockets.SocketException)
        {
            return "";
        }
    }
}
