using System.Text;
using NotifyHub.Gateway.Sockets;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public class HandshakeTests
{
    private static readonly HandshakeRequest Ordinary = new("/", "", "dGhlIHNhbXBsZSBub25jZQ==", "13", null, null, "");

    [Fact]
    public void The_example_of_the_RFC_is_answered_as_in_the_RFC()
    {
        var handshake = Accepted(Ordinary with { Protocols = "chat, notifyhub.v1" });

        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", handshake.AcceptKey);
        Assert.Equal(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: notifyhub.v1\r\n\r\n",
            Encoding.ASCII.GetString(handshake.Response()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("chat")]
    [InlineData("NotifyHub.V1")]
    public void Without_the_subprotocol_none_is_named(string? protocols)
    {
        var handshake = Accepted(Ordinary with { Protocols = protocols });
        Assert.Equal("", handshake.Protocol);
        Assert.DoesNotContain("Protocol:", Encoding.ASCII.GetString(handshake.Response()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("12")]
    [InlineData("013")]
    public void Another_version_is_refused(string? version) =>
        Assert.Equal(HandshakeFault.Version, Refused(Ordinary with { Version = version }));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ")]
    [InlineData("dGhlIHNhbXBsZSBub25jZSE=")]
    [InlineData("dGhlIHNhbXBsZSBub25jZ???")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaa")]
    public void A_key_that_is_not_16_bytes_is_refused(string? key) =>
        Assert.Equal(HandshakeFault.Key, Refused(Ordinary with { Key = key }));

    [Theory]
    [InlineData(null, true)]
    [InlineData("HTTPS://Console.example", true)]
    [InlineData("", false)]
    [InlineData("null", false)]
    [InlineData("http://localhost:3000", false)]
    [InlineData("http://127.0.0.1", false)]
    [InlineData("http://[::1]:80", false)]
    [InlineData("https://console.example.evil", false)]
    [InlineData("https://console.example, https://console.example", false)]
    [InlineData("http://localhost.evil", false)]
    [InlineData("http://console.example", false)]
    [InlineData("localhost", false)]
    public void With_a_list_of_origins_only_those_and_programs_are_let_in(string? origin, bool accepted)
    {
        var isAccepted = Handshake.TryAccept(
            Ordinary with { Origin = origin }, ["https://console.example"], out _, out var fault);
        Assert.Equal((accepted, accepted ? null : HandshakeFault.Origin), (isAccepted, fault));
        Accepted(Ordinary with { Origin = origin });
    }

    [Theory]
    [InlineData("null")]
    [InlineData("http://localhost:3000")]
    public void Null_and_localhost_origins_are_accepted_when_listed(string origin) =>
        Assert.True(Handshake.TryAccept(Ordinary with { Origin = origin }, ["https://console.example", origin], out _, out _));

    [Theory]
    [InlineData("", null, null)]
    [InlineData("?", null, null)]
    [InlineData("?x=1", null, null)]
    [InlineData("?since=0", 0L, null)]
    [InlineData("?since=41&epoch=a%2Bb", 41L, "a+b")]
    [InlineData("?epoch=x", null, "x")]
    [InlineData("?since=9223372036854775807", long.MaxValue, null)]
    public void An_offset_and_its_epoch_are_read_from_the_query(string query, long? since, string? epoch)
    {
        var handshake = Accepted(Ordinary with { Query = query });
        Assert.Equal((since, epoch), (handshake.Since, handshake.Epoch));
    }

    [Theory]
    [InlineData("?since=")]
    [InlineData("?since=-1")]
    [InlineData("?since=+1")]
    [InlineData("?since=1.0")]
    [InlineData("?since=%201")]
    [InlineData("?since=x")]
    [InlineData("?since=9223372036854775808")]
    [InlineData("?since=1&since=2")]
    public void What_is_no_offset_is_refused(string query)
    {
        var request = Ordinary with { Query = query, Protocols = "notifyhub.v1" };
        Assert.False(Handshake.TryAccept(request, [], out var handshake, out var fault));
        Assert.Equal(HandshakeFault.Since, fault);
        // With what the upgrade needs, to tell the client.
        Assert.Equal(("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", true, null), (handshake?.AcceptKey, handshake?.IsV1, handshake?.Since));
    }

    [Fact]
    public void A_forbidden_page_cannot_be_upgraded_whatever_it_asks()
    {
        var request = Ordinary with { Query = "?since=x", Protocols = "notifyhub.v1", Origin = "https://evil.example" };
        Assert.False(Handshake.TryAccept(request, ["https://console.example"], out var handshake, out var fault));
        Assert.Equal((null, HandshakeFault.Origin), (handshake, fault));
    }

    private static Handshake Accepted(HandshakeRequest request)
    {
        Assert.True(Handshake.TryAccept(request, [], out var handshake, out var fault));
        Assert.Null(fault);
        return handshake;
    }

    private static HandshakeFault Refused(HandshakeRequest request)
    {
        Assert.False(Handshake.TryAccept(request, [], out var handshake, out var fault));
        Assert.Null(handshake);
        return fault.Value;
    }
}
