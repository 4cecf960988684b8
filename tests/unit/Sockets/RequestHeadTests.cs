using System.Text;
using CsCheck;
using NotifyHub.Gateway.Sockets;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public class RequestHeadTests
{
    private const string Ordinary =
        "GET /ws?since=5 HTTP/1.1\r\nHost: localhost:8080\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Protocol: a, notifyhub.v1\r\nOrigin: http://localhost\r\nUser-Agent: curl/8 \t\r\n"
        + "X-Other: 1\r\nX-Other: 2\r\n\r\n";

    [Fact]
    public void An_ordinary_request_is_recognised_to_its_last_byte()
    {
        var request = RequestHead.Recognise(Encoding.ASCII.GetBytes(Ordinary + "\u0001what follows"), out var length);

        Assert.Equal(Ordinary.Length, length);
        Assert.Equal(
            new HandshakeRequest(
                "/ws", "?since=5", "dGhlIHNhbXBsZSBub25jZQ==", "13", "a, notifyhub.v1", "http://localhost", "curl/8"),
            request);
    }

    [Theory]
    [InlineData("GET /ws?since=5", "GET /")]
    [InlineData("GET /ws?since=5", "GET /ws")]
    [InlineData("GET /ws?since=5", "GET /?")]
    [InlineData("Upgrade: websocket", "uPGRADE:WebSocket")]
    [InlineData("keep-alive, Upgrade", "upgrade")]
    [InlineData("X-Other: 1", "X-Other:")]
    [InlineData("User-Agent: curl/8 \t\r\n", "")]
    public void What_may_vary_may_vary(string part, string other) => Assert.NotNull(Recognise(With(part, other)));

    [Theory]
    [InlineData("GET /ws?since=5", "POST /ws")]
    [InlineData("GET /ws?since=5", "get /ws")]
    [InlineData("GET /ws?since=5", "GET http://localhost/ws")]
    [InlineData("GET /ws?since=5", "GET *")]
    [InlineData("GET /ws?since=5", "GET /api")]
    [InlineData("GET /ws?since=5", "GET /%77s")]
    [InlineData("GET /ws?since=5", "GET  /ws")]
    [InlineData("GET /ws?since=5", "GET /ws?a b")]
    [InlineData("GET /ws?since=5", "GET /ws?a\tb")]
    [InlineData("GET /ws?since=5", "GET /ws?a\nb")]
    [InlineData("GET /ws?since=5", "GET /ws?é")]
    [InlineData("HTTP/1.1", "HTTP/1.0")]
    [InlineData("HTTP/1.1", "HTTP/2.0")]
    [InlineData("HTTP/1.1", "http/1.1")]
    [InlineData(" HTTP/1.1", "")]
    [InlineData("Host: localhost:8080\r\n", "")]
    [InlineData("Host: localhost:8080", "Host: a\r\nHost: b")]
    [InlineData("Upgrade: websocket\r\n", "")]
    [InlineData("Upgrade: websocket", "Upgrade: h2c")]
    [InlineData("Upgrade: websocket", "Upgrade: websocket\r\nUpgrade: websocket")]
    [InlineData("keep-alive, Upgrade", "keep-alive")]
    [InlineData("Connection: keep-alive, Upgrade", "Connection: keep-alive\r\nConnection: Upgrade")]
    [InlineData("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13")]
    [InlineData("Sec-WebSocket-Protocol: a, notifyhub.v1", "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: notifyhub.v1")]
    [InlineData("Origin: http://localhost", "Origin: a\r\nOrigin: b")]
    [InlineData("X-Other: 1", "Content-Length: 0")]
    [InlineData("X-Other: 1", "transfer-encoding: chunked")]
    [InlineData("X-Other: 1", " folded")]
    [InlineData("X-Other: 1", "X-Other: 1\r\n\tfolded")]
    [InlineData("X-Other: 1", "X-Other : 1")]
    [InlineData("X-Other: 1", "X Other: 1")]
    [InlineData("X-Other: 1", ": 1")]
    [InlineData("X-Other: 1", "no colon")]
    [InlineData("X-Other: 1", "X-Other: é")]
    [InlineData("X-Other: 1", "X-Other: \u007f")]
    [InlineData("X-Other: 1", "X-Other: \0")]
    [InlineData("X-Other: 1", "X-Other: 1\nSec-Injected: 1")]
    [InlineData("X-Other: 1", "X-Other: 1\rSec-Injected: 1")]
    [InlineData("X-Other: 1\r\n", "X-Other: 1\n")]
    public void Whatever_is_unusual_is_left_to_the_HTTP_server(string part, string other) =>
        Assert.Null(Recognise(With(part, other)));

    [Fact]
    public void A_head_that_has_not_come_whole_is_left_to_the_HTTP_server()
    {
        for (var length = 0; length < Ordinary.Length; length++) Assert.Null(Recognise(Ordinary[..length]));
        Assert.Null(Recognise(Ordinary.Replace("\r\n", "\n", StringComparison.Ordinal)));
    }

    [Fact]
    public void Arbitrary_bytes_are_judged_without_a_fault() =>
        Gen.Byte.Array[0, 300].Sample(
            bytes => Assert.Null(RequestHead.Recognise([.. "GET /"u8, .. bytes, .. "\r\n\r\n"u8], out _)));

    [Fact]
    public void An_ordinary_request_with_one_byte_changed_is_judged_without_a_fault() =>
        Gen.Select(Gen.Int[0, Ordinary.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            var bytes = Encoding.ASCII.GetBytes(Ordinary);
            bytes[at] = value;
            var request = RequestHead.Recognise(bytes, out var length);
            if (request is not null) Assert.Equal(Ordinary.Length, length);
        });

    private static string With(string part, string other)
    {
        Assert.Contains(part, Ordinary, StringComparison.Ordinal);
        var at = Ordinary.IndexOf(part, StringComparison.Ordinal);
        return Ordinary[..at] + other + Ordinary[(at + part.Length)..];
    }

    private static HandshakeRequest? Recognise(string head) => RequestHead.Recognise(Encoding.Latin1.GetBytes(head), out _);
}
