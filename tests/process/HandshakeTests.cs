using System.Text;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>The opening handshake, byte by byte, as clients and attackers send it.</summary>
public sealed class HandshakeTests(HandshakeTests.Shared shared) : IClassFixture<HandshakeTests.Shared>
{
    public sealed class Shared() : SharedProcess(("AllowedOrigins__0", "https://app.example"));

    private int Port => shared.Hub.WebSocketPort;

    [Theory]
    [InlineData("/")]
    [InlineData("/ws")]
    [InlineData("/?unknown=1")]
    public async Task The_guides_curl_handshake_is_answered_101_with_the_right_accept_key(string target)
    {
        using var raw = await RawSocket.ConnectAsync(Port);

        await raw.SendAsync(raw.Handshake(target));

        AssertUpgraded(await raw.ReadHeadAsync());
        await AssertSpeaksAsync(raw);
    }

    [Fact]
    public async Task A_handshake_that_arrives_byte_by_byte_works_the_same()
    {
        using var raw = await RawSocket.ConnectAsync(Port);

        foreach (var c in raw.Handshake()) await raw.SendAsync($"{c}");

        AssertUpgraded(await raw.ReadHeadAsync());
        await AssertSpeaksAsync(raw);
    }

    [Fact]
    public async Task A_handshake_with_a_long_head_works_the_same_through_the_http_server()
    {
        using var raw = await RawSocket.ConnectAsync(Port);
        using var push = await shared.Hub.ConnectPushAsync();

        await raw.SendAsync(raw.Handshake("/", ("Cookie", new string('c', 6000))));

        var head = await raw.ReadHeadAsync();
        AssertUpgraded(head);
        // Only the HTTP server's answers have a date.
        Assert.Contains("\r\nDate: ", head, StringComparison.Ordinal);
        await AssertSpeaksAsync(raw);
        Assert.Equal("ok", await push.PushAsync("""{"through":"http"}"""));
        Assert.Equal("""{"through":"http"}""", await raw.ReadTextAsync());
        await raw.SendAsync(RawSocket.Close(1000));
        Assert.Equal(1000, await raw.ReadCloseAsync());
        Assert.Empty(await raw.ReadToEndAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6000)]
    public async Task A_first_frame_in_the_packet_of_the_handshake_is_answered(int cookieLength)
    {
        using var raw = await RawSocket.ConnectAsync(Port);
        var handshake = raw.Handshake("/", ("Cookie", new string('c', cookieLength)));

        await raw.SendAsync((byte[])[.. Encoding.ASCII.GetBytes(handshake), .. RawSocket.Text("""{"type":"ping","time":7}""")]);

        AssertUpgraded(await raw.ReadHeadAsync());
        Assert.Equal("""{"type":"pong","time":7}""", await raw.ReadTextAsync());
    }

    [Fact]
    public async Task A_client_that_offers_v1_among_others_is_given_v1()
    {
        using var raw = await RawSocket.ConnectAsync(Port);

        await raw.SendAsync(raw.Handshake("/", ("Sec-WebSocket-Protocol", "chat, notifyhub.v1")));

        Assert.Contains(
            "\r\nSec-WebSocket-Protocol: notifyhub.v1\r\n", await raw.ReadHeadAsync(), StringComparison.OrdinalIgnoreCase);
        Assert.StartsWith(
            """{"type":"subscribed","channel":"all","epoch":""", await raw.ReadTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_version_is_refused_with_the_version_that_is_spoken()
    {
        using var raw = await RawSocket.ConnectAsync(Port);

        await raw.SendAsync(raw.Handshake("/", ("Sec-WebSocket-Version", "8")));

        var head = await raw.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 426 ", head, StringComparison.Ordinal);
        Assert.Contains("\r\nSec-WebSocket-Version: 13\r\n", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("not base64 but 24 chars!")]
    public async Task A_bad_key_is_refused_with_400(string? key)
    {
        using var raw = await RawSocket.ConnectAsync(Port);

        await raw.SendAsync(raw.Handshake("/", ("Sec-WebSocket-Key", key)));

        Assert.StartsWith("HTTP/1.1 400 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/?since=abc")]
    [InlineData("/?since=-1")]
    [InlineData("/?since=41%00")]
    [InlineData("/?since=1&since=2")]
    [InlineData("/?since=99999999999999999999")]
    public async Task A_place_that_is_no_offset_is_refused_with_400(string target)
    {
        using var raw = await RawSocket.ConnectAsync(Port);

        await raw.SendAsync(raw.Handshake(target));

        Assert.StartsWith("HTTP/1.1 400 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.example", 403)]
    [InlineData("https://app.example.evil.example", 403)]
    [InlineData("http://app.example", 403)]
    [InlineData("https://app.example", 101)]
    [InlineData("HTTPS://APP.example", 101)]
    [InlineData("http://localhost:3000", 403)]
    [InlineData("null", 403)]
    [InlineData("", 403)]
    public async Task Only_pages_of_allowed_origins_are_let_in(string origin, int status)
    {
        using var raw = await RawSocket.ConnectAsync(Port);

        await raw.SendAsync(raw.Handshake("/", ("Origin", origin)));

        Assert.StartsWith($"HTTP/1.1 {status} ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6000)]
    public async Task A_wrong_token_is_refused_also_where_none_is_required(int cookieLength)
    {
        using var raw = await RawSocket.ConnectAsync(Port);

        await raw.SendAsync(raw.Handshake("/?token=nh_wrong", ("Cookie", new string('c', cookieLength))));

        Assert.StartsWith("HTTP/1.1 401 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6000)]
    public async Task Only_a_trusted_proxy_may_forward_the_client_address(int cookieLength)
    {
        using var rest = await shared.Hub.LogInAsync();
        using var raw = await RawSocket.ConnectAsync(Port);

        // An authorization header of another scheme, such as a proxy's, is ignored.
        await raw.SendAsync(raw.Handshake(
            "/", ("X-Forwarded-For", "203.0.113.7"), ("Authorization", "Basic YTpi"), ("Cookie", new string('c', cookieLength))));

        AssertUpgraded(await raw.ReadHeadAsync());
        var connection = await rest.ConnectionAsync(raw.UserAgent, _ => true);
        Assert.Equal("127.0.0.1", connection.GetProperty("ipAddress").GetString());
    }

    private static void AssertUpgraded(string head)
    {
        Assert.StartsWith("HTTP/1.1 101 Switching Protocols\r\n", head, StringComparison.Ordinal);
        Assert.Contains($"\r\nSec-WebSocket-Accept: {RawSocket.Accept}\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nUpgrade: websocket\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: Upgrade\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Sec-WebSocket-Protocol", head, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task AssertSpeaksAsync(RawSocket raw)
    {
        await raw.SendAsync(RawSocket.Text("""{"type":"ping","time":1}"""));
        Assert.Equal("""{"type":"pong","time":1}""", await raw.ReadTextAsync());
    }
}
