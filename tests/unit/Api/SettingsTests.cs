using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Api;
using NotifyHub.Gateway.Settings;
using NotifyHub.Hosting;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class SettingsTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"notifyhub-{Guid.NewGuid():N}");

    [Fact]
    public void The_defaults_of_embedded_mode_are_good() =>
        Assert.True(new GatewayOptionsCheck().Validate(null, new GatewayOptions()).Succeeded);

    [Fact]
    public void All_faults_are_reported_at_once_with_their_settings()
    {
        var options = new GatewayOptions
        {
            Mode = GatewayMode.Cluster,
            TimeZone = "Mars/Olympus",
            Address = "everywhere",
            PushAddress = "localhost",
        };
        var faults = new GatewayOptionsCheck().Validate(null, options).Failures!
            .Select(fault => fault[..fault.IndexOf(": ", StringComparison.Ordinal)]);

        Assert.Equal(
            ["NotifyHub:TimeZone", "NotifyHub:JwtKey", "NotifyHub:Address", "NotifyHub:PushAddress", "NotifyHub:Silos"], faults);
    }

    [Theory]
    [InlineData(GatewayMode.Cluster, "", false)]
    [InlineData(GatewayMode.Cluster, "0123456789abcdef0123456789abcde", false)]
    [InlineData(GatewayMode.Cluster, "0123456789abcdef0123456789abcdef", true)]
    [InlineData(GatewayMode.Embedded, "short", false)]
    [InlineData(GatewayMode.Embedded, "", true)]
    public void A_signing_key_has_32_bytes(GatewayMode mode, string key, bool good)
    {
        var options = new GatewayOptions { Mode = mode, JwtKey = key, Silos = ["silo:30000"] };
        Assert.Equal(good, new GatewayOptionsCheck().Validate(null, options).Succeeded);
    }

    [Theory]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("fd00::/8", true)]
    [InlineData("::1", true)]
    [InlineData("10.0.0.0/33", false)]
    [InlineData("proxy", false)]
    [InlineData("", false)]
    public void A_trusted_proxy_is_an_address_or_a_network(string network, bool good) =>
        Assert.Equal(good, new GatewayOptionsCheck().Validate(null, new GatewayOptions { TrustedProxies = [network] }).Succeeded);

    [Fact]
    public void A_key_of_TLS_needs_its_certificate_and_a_certificate_its_file()
    {
        Assert.Equal(
            ["NotifyHub:TlsKeyFile: requires NotifyHub:TlsCertificateFile."],
            new GatewayOptionsCheck().Validate(null, new GatewayOptions { TlsKeyFile = "tls.key" }).Failures!);
        Assert.StartsWith(
            $"NotifyHub:TlsCertificateFile: the file '{_folder}' cannot be read",
            new GatewayOptionsCheck().Validate(null, new GatewayOptions { TlsCertificateFile = _folder }).Failures!.Single(),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("silo", false)]
    [InlineData("silo:0", false)]
    [InlineData(":30000", false)]
    [InlineData("silo:30000", true)]
    public void A_silo_is_host_and_port(string silo, bool good)
    {
        var options = new GatewayOptions { Mode = GatewayMode.Cluster, JwtKey = ApiServer.JwtKey, Silos = [silo] };
        Assert.Equal(good, new GatewayOptionsCheck().Validate(null, options).Succeeded);
    }

    [Theory]
    [InlineData("https://console.example.com", true)]
    [InlineData("http://localhost:3000", true)]
    [InlineData("https://console.example.com/", false)]
    [InlineData("https://console.example.com/path", false)]
    [InlineData("console.example.com", false)]
    [InlineData("*", false)]
    public void An_origin_of_the_API_is_scheme_host_and_port(string origin, bool good) =>
        Assert.Equal(good, new GatewayOptionsCheck().Validate(null, new GatewayOptions { ApiOrigins = [origin] }).Succeeded);

    [Fact]
    public void Everything_that_listens_has_a_port_of_its_own()
    {
        var options = new GatewayOptions { WebSocketPort = 8080, PushPort = 8080, ConsolePort = 9000, MetricsPort = 9000 };
        Assert.Equal(
            [
                "NotifyHub:PushPort: 8080 is NotifyHub:WebSocketPort already.",
                "NotifyHub:MetricsPort: 9000 is NotifyHub:ConsolePort already.",
            ],
            new GatewayOptionsCheck().Validate(null, options).Failures!);
    }

    [Fact]
    public void Embedded_mode_makes_its_key_once_for_its_owner_alone()
    {
        var options = new GatewayOptions { DataFolder = _folder };
        var key = SigningKey.Load(options);

        Assert.Equal(64, key.Length);
        Assert.Equal(key, SigningKey.Load(options));
        Assert.Equal([Path.Combine(_folder, "jwt.key")], Directory.GetFiles(_folder));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "jwt.key")));
    }

    [Fact]
    public void A_damaged_key_stops_the_start_instead_of_signing_with_it()
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, "jwt.key"), "short");

        Assert.Throws<StartFaultException>(() => SigningKey.Load(new GatewayOptions { DataFolder = _folder }));
    }

    [Theory]
    [InlineData("/opt/app/NotifyHub.Gateway.dll", "NotifyHub.Gateway.dll")]
    [InlineData("/opt/NotifyHub.Gateway ws:start", "NotifyHub.Gateway ws:start")]
    [InlineData("gateway --NotifyHub:JwtKey=secret ws:start", "gateway --NotifyHub:JwtKey=… ws:start")]
    [InlineData("gateway --NotifyHub:JwtKey secret ws:start", "gateway --NotifyHub:JwtKey … ws:start")]
    [InlineData("gateway NotifyHub:JwtKey=secret", "gateway NotifyHub:JwtKey=…")]
    public void The_command_line_is_shown_without_what_may_be_secret(string line, string shown) =>
        Assert.Equal(shown, CommandLine.Shown(line.Split(' ')));

    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }
}
