using System.Text;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>The limit of WebSocket connects per address. This machine is a trusted proxy for clients of many addresses.</summary>
public sealed class ConnectRateTests(ConnectRateTests.Shared shared) : IClassFixture<ConnectRateTests.Shared>
{
    // The burst that is allowed at one connect per second.
    private const int Burst = 10;

    public sealed class Shared()
        : SharedProcess(("ClientConnectsPerSecond", "1"), ("TrustedProxies__0", "127.0.0.0/8"), ("MetricsPort", "0"))
    {
        /// <summary>Connects of all tests that were answered with 429 or dropped.</summary>
        public int RateLimited { get; set; }
    }

    private NotifyHubProcess Hub => shared.Hub;

    /// <summary>Both handshake paths: a short head is handled before the HTTP server, a long one by it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(6000)]
    public async Task Too_many_connects_get_429_then_are_dropped_while_others_are_accepted(int cookieLength)
    {
        var hammering = $"198.51.100.{(cookieLength == 0 ? 1 : 2)}";

        // On a busy machine seconds pass meanwhile and more are allowed, hence many attempts.
        List<string> answers = [];
        for (var i = 0; i < 10 * Burst && answers.Count(answer => answer == "") < Burst; i++)
            answers.Add(await ConnectAsync(hammering, cookieLength));

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
        await Until.TrueAsync(
            async () => (await Refusals.CountAsync(Hub))["websocket rate_limited"] == shared.RateLimited);
        // Accepted again after some time.
        await Until.TrueAsync(
            async () => (await ConnectAsync(hammering, cookieLength)).StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal));
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

    /// <summary>A flood is not worth an upgrade.</summary>
    [Fact]
    public async Task Clients_of_v1_are_limited_by_the_same_answers()
    {
        List<string> answers = [];
        for (var i = 0; i < 10 * Burst && !answers.Contains(""); i++)
            answers.Add(await ConnectAsync("198.51.100.4", 0, "Sec-WebSocket-Protocol: notifyhub.v1\r\n"));

        Assert.Contains(answers, answer => answer.StartsWith("HTTP/1.1 429 ", StringComparison.Ordinal));
        Assert.All(answers, answer => Assert.Matches("^($|HTTP/1.1 (101|429) )", answer));
    }

    /// <summary>Returns the answer as far as it was sent (for an upgrade its head), or an empty string.</summary>
    private async Task<string> ConnectAsync(string from, int cookieLength, string headers = "")
    {
        var answer = await AnswerAsync(from, cookieLength, headers);
        if (answer.Length == 0 || answer.StartsWith("HTTP/1.1 429 ", StringComparison.Ordinal)) shared.RateLimited++;
        return answer;
    }

    private async Task<string> AnswerAsync(string from, int cookieLength, string headers)
    {
        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);
        await raw.SendAsync(
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {RawSocket.Key}\r\n"
            + $"X-Forwarded-For: {from}\r\nCookie: {new string('c', cookieLength)}\r\n{headers}\r\n");
        try
        {
            var head = await raw.ReadHeadAsync();
            return head.StartsWith("HTTP/1.1 429 ", StringComparison.Ordinal)
                ? head + Encoding.UTF8.GetString(await raw.ReadToEndAsync())
                : head;
        }
        catch (Exception e) when (e is EndOfStreamException or System.Net.Sockets.SocketException)
        {
            return "";
        }
    }
}
