using System.Text;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>Which requests are WebSocket upgrades, on a port that serves nothing else.</summary>
public sealed class UpgradeTests(UpgradeTests.Shared shared) : IClassFixture<UpgradeTests.Shared>
{
    private const string Nginx = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection";

    public sealed class Shared() : SharedProcess(("ConsolePort", "0"));

    private NotifyHubProcess Hub => shared.Hub;

    [Theory]
    [InlineData("Upgrade: websocket, h2c\r\nConnection: Upgrade")]
    [InlineData("Upgrade: h2c,WebSocket\r\nConnection: keep-alive, upgrade")]
    [InlineData("Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: Upgrade")]
    [InlineData("Upgrade: websocket\r\nConnection: keep-alive\r\nConnection: Upgrade")]
    public async Task A_list_or_a_second_header_line_that_names_websocket_is_an_upgrade(string headers)
    {
        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);

        await raw.SendAsync(Request("GET / HTTP/1.1", headers));

        Assert.StartsWith("HTTP/1.1 101 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        await raw.SendAsync(RawSocket.Text("""{"type":"ping","time":1}"""));
        Assert.Equal("""{"type":"pong","time":1}""", await raw.ReadTextAsync());
    }

    [Theory]
    [InlineData("GET / HTTP/1.1", "Accept: */*")]
    [InlineData("GET /ws HTTP/1.1", "Accept: */*")]
    [InlineData("GET /ws?since=3 HTTP/1.1", "Upgrade: h2c\r\nConnection: Upgrade")]
    // nginx without the needed lines, with either one, and with HTTP/1.0.
    [InlineData("GET / HTTP/1.0", "Connection: close")]
    [InlineData("GET / HTTP/1.1", "Upgrade: websocket\r\nConnection: close")]
    [InlineData("GET / HTTP/1.1", "Upgrade: websocket")]
    [InlineData("GET / HTTP/1.0", "Upgrade: websocket\r\nConnection: Upgrade")]
    public async Task A_request_without_the_upgrade_gets_426_with_a_hint(string line, string headers)
    {
        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);

        await raw.SendAsync(Request(line, headers));

        var answer = Encoding.UTF8.GetString(await raw.ReadToEndAsync());
        Assert.StartsWith("HTTP/1.1 426 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nUpgrade: websocket\r\n", answer, StringComparison.Ordinal);
        Assert.Matches("\r\nConnection: Upgrade", answer);
        Assert.Contains("\"UPGRADE_REQUIRED\"", answer, StringComparison.Ordinal);
        Assert.Contains(Nginx, answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("OPTIONS")]
    [InlineData("DELETE")]
    public async Task Another_method_than_GET_is_refused_with_405_whatever_it_asks_for(string method)
    {
        foreach (var headers in (string[])["Upgrade: websocket\r\nConnection: Upgrade", "Accept: */*"])
        {
            using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);

            await raw.SendAsync(Request($"{method} /ws HTTP/1.1", headers));

            var head = await raw.ReadHeadAsync();
            Assert.StartsWith("HTTP/1.1 405 ", head, StringComparison.Ordinal);
            Assert.Contains("\r\nAllow: GET\r\n", head, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_upgrade_with_a_body_is_refused_with_400()
    {
        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);

        await raw.SendAsync(Request("GET / HTTP/1.1", "Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 2") + "{}");

        Assert.StartsWith("HTTP/1.1 400 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_consoles_first_page_is_none_of_this()
    {
        using var http = new HttpClient { Timeout = Until.Limit };

        var page = await http.GetStringAsync($"http://127.0.0.1:{Hub.ConsolePort}/", TestContext.Current.CancellationToken);

        Assert.Contains("<html", page, StringComparison.OrdinalIgnoreCase);
    }

    private static string Request(string line, string headers) =>
        $"{line}\r\nHost: localhost\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {RawSocket.Key}\r\n{headers}\r\n\r\n";
}
