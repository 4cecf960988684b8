using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using Xunit;

namespace NotifyHub.UnitTests.Network;

public sealed class TrustedProxiesTests
{
    private readonly TrustedProxies _proxies = Trusting("10.0.0.0/8", "192.0.2.1", "fd00::/8");

    [Theory]
    [InlineData("203.0.113.7", "198.51.100.1", "203.0.113.7")]
    [InlineData("10.1.2.3", null, "10.1.2.3")]
    [InlineData("10.1.2.3", "", "10.1.2.3")]
    [InlineData("10.1.2.3", "198.51.100.1", "198.51.100.1")]
    [InlineData("10.1.2.3", "6.6.6.6, 198.51.100.1", "198.51.100.1")]
    [InlineData("10.1.2.3", "6.6.6.6, 198.51.100.1, 192.0.2.1", "198.51.100.1")]
    [InlineData("10.1.2.3", "6.6.6.6,198.51.100.1,10.0.0.9", "198.51.100.1")]
    [InlineData("10.1.2.3", "10.0.0.8, 10.0.0.9", "10.0.0.8")]
    [InlineData("10.1.2.3", "198.51.100.1:4711", "198.51.100.1")]
    [InlineData("10.1.2.3", "[2001:db8::1]:4711", "2001:db8::1")]
    [InlineData("10.1.2.3", "2001:db8::1", "2001:db8::1")]
    [InlineData("10.1.2.3", "198.51.100.1, unknown", "10.1.2.3")]
    [InlineData("10.1.2.3", "<script>", "10.1.2.3")]
    [InlineData("::ffff:10.1.2.3", "198.51.100.1", "198.51.100.1")]
    [InlineData("10.1.2.3", "::ffff:198.51.100.1", "198.51.100.1")]
    [InlineData("fd00::1", "198.51.100.1", "198.51.100.1")]
    [InlineData("192.0.2.2", "198.51.100.1", "192.0.2.2")]
    public void The_header_is_trusted_from_the_right_through_trusted_proxies(
        string peer, string? forwarded, string client) =>
        Assert.Equal(client, _proxies.Client(IPAddress.Parse(peer), forwarded).ToString());

    [Theory]
    [InlineData("10.1.2.3", "198.51.100.1", "https", "https")]
    [InlineData("10.1.2.3", "198.51.100.1", "HTTPS", "https")]
    [InlineData("10.1.2.3", "198.51.100.1, 10.0.0.9", "https, http", "https")]
    [InlineData("10.1.2.3", "6.6.6.6, 198.51.100.1", "https, http", "http")]
    [InlineData("10.1.2.3", "198.51.100.1", "javascript", "http")]
    [InlineData("10.1.2.3", null, "https", "http")]
    [InlineData("203.0.113.7", "198.51.100.1", "https", "http")]
    public async Task The_scheme_is_the_one_that_the_believed_proxy_was_asked_with(
        string peer, string? forwarded, string schemes, string scheme)
    {
        var context = new DefaultHttpContext
        {
            Connection = { RemoteIpAddress = IPAddress.Parse(peer) },
            Request = { Scheme = "http" },
        };
        context.Request.Headers["X-Forwarded-For"] = forwarded;
        context.Request.Headers["X-Forwarded-Proto"] = schemes;

        await _proxies.RestoreAsync(context, _ => Task.CompletedTask);

        Assert.Equal(scheme, context.Request.Scheme);
    }

    [Fact]
    public void Without_trusted_proxies_no_header_is_trusted() =>
        Assert.Equal("127.0.0.1", Trusting().Client(IPAddress.Loopback, "198.51.100.1").ToString());

    [Theory]
    [InlineData(new string[0], "203.0.113.7")]
    [InlineData(new[] { "10.0.0.0/8" }, "203.0.113.7")]
    public async Task An_untrusted_peers_header_is_logged_once_with_setting_and_peer(string[] trusted, string peer)
    {
        var lines = new Lines();
        var proxies = new TrustedProxies(Options.Create(new GatewayOptions { TrustedProxies = trusted }), lines);

        for (var i = 0; i < 3; i++)
        {
            var context = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse(peer) } };
            context.Request.Headers["X-Forwarded-For"] = "198.51.100.1";
            await proxies.RestoreAsync(context, _ => Task.CompletedTask);
            Assert.Equal(peer, context.Connection.RemoteIpAddress!.ToString());
        }

        var line = Assert.Single(lines.All);
        Assert.Contains("NotifyHub__TrustedProxies__0", line, StringComparison.Ordinal);
        Assert.Contains(peer, line, StringComparison.Ordinal);
    }

    [Fact]
    public void No_warning_without_the_header_or_from_a_trusted_peer()
    {
        var lines = new Lines();
        var proxies = new TrustedProxies(Options.Create(new GatewayOptions { TrustedProxies = ["10.0.0.0/8"] }), lines);

        Assert.Equal("203.0.113.7", proxies.Client(IPAddress.Parse("203.0.113.7"), null).ToString());
        Assert.Equal("198.51.100.1", proxies.Client(IPAddress.Parse("10.0.0.1"), "198.51.100.1").ToString());

        Assert.Empty(lines.All);
    }

    private static TrustedProxies Trusting(params string[] networks) =>
        new(Options.Create(new GatewayOptions { TrustedProxies = networks }), NullLogger<TrustedProxies>.Instance);

    private sealed class Lines : ILogger<TrustedProxies>
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add($"{logLevel}: {formatter(state, exception)}");
    }
}
