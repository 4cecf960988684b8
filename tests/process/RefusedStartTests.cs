using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>A process that cannot do what it was set to do says which setting it is about, and ends.</summary>
public sealed class RefusedStartTests
{
    [Theory]
    [InlineData("PingInterval", "abc")]
    [InlineData("PingInterval", "0")]
    [InlineData("WebSocketPort", "65536")]
    [InlineData("BacklogBytes", "many")]
    [InlineData("Mode", "Cloud")]
    [InlineData("TimeZone", "Mars/Olympus")]
    [InlineData("JwtKey", "short")]
    [InlineData("Address", "nowhere")]
    [InlineData("ConsoleAddress", "nowhere")]
    [InlineData("HealthPort", "-2")]
    [InlineData("AllowedOrigins__0", "app.example.com")]
    [InlineData("AllowedOrigins__0", "https://app.example.com/")]
    [InlineData("ConsolePort", "-2")]
    [InlineData("ConsolePort", "many")]
    [InlineData("Lease", "00:00:00")]
    [InlineData("RetentionMessages", "1")]
    [InlineData("Storage", "Nonsense=1")]
    [InlineData("TlsPorts", "Kitchen")]
    public async Task A_wrong_setting_is_named_and_nothing_starts(string setting, string value)
    {
        var (exitCode, output) = await NotifyHubProcess.RunToItsEndAsync(null, (setting, value));

        AssertRefused(exitCode, output, setting);
    }

    [Fact]
    public async Task A_storage_file_that_is_no_database_is_named_with_its_setting()
    {
        var file = "";

        var (exitCode, output) = await NotifyHubProcess.RunToItsEndAsync(
            folder => File.WriteAllText(file = Path.Combine(folder, "notifyhub.db"), string.Concat(Enumerable.Repeat("garbage ", 1000))));

        AssertRefused(exitCode, output, "NotifyHub:Storage", file);
    }

    [Theory]
    [InlineData("WebSocketPort")]
    [InlineData("PushPort")]
    [InlineData("ConsolePort")]
    [InlineData("HealthPort")]
    public async Task A_port_in_use_is_named_with_its_setting(string setting)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        var (exitCode, output) = await NotifyHubProcess.RunToItsEndAsync(null, ("Address", "127.0.0.1"), ("ConsoleAddress", "127.0.0.1"), (setting, port));

        AssertRefused(exitCode, output, setting, port);
    }

    private static void AssertRefused(int exitCode, string output, params string[] named)
    {
        Assert.All(named, name => Assert.Contains(name, output, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Ctrl+C ends it.", output, StringComparison.Ordinal);
        // 134 would be a process that died of an exception.
        Assert.Equal(1, exitCode);
    }
}
