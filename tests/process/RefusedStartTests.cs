using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>A process that can't start with its settings names the setting and ends.</summary>
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
    [InlineData("TlsPorts", "9")]
    [InlineData("Mode", "7")]
    [InlineData("RequireToken", "yes")]
    [InlineData("Silos", "silo:30000")]
    [InlineData("Mode__0", "Embedded")]
    [InlineData("AllowedOrigins__first", "https://a.example")]
    [InlineData("TlsCertificateFile", "/nowhere/tls.pem")]
    [InlineData("Address", "198.51.100.7")]
    [InlineData("PushAddress", "198.51.100.7")]
    [InlineData("OTEL_TRACES_SAMPLER", "dice", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "not an address")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "pigeon", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")]
    public async Task A_wrong_setting_is_named_and_nothing_starts(
        string setting, string value, string other = "Senders", string otherValue = "1")
    {
        var (exitCode, output) = await NotifyHubProcess.RunToItsEndAsync(null, (setting, value), (other, otherValue));

        AssertRefused(exitCode, output, setting.Split("__")[0]);
    }

    [Fact]
    public async Task Misspelt_settings_are_named_with_suggestions_and_without_values()
    {
        await using var hub = NotifyHubProcess.Gateway(
            null, ("PushKay", "secret-of-the-push-port"), ("Push__Key", "secret-of-the-push-port"));
        hub.Arguments = ["--NotifyHub:RequireTokens=true"];

        var (exitCode, output) = await hub.RunToItsEndAsync();

        AssertRefused(exitCode, output);
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
        Assert.Equal(
            [
                "NotifyHub:Push:Key: there is no such setting (environment variable NotifyHub__Push__Key); did you mean PushKey?",
                "NotifyHub:PushKay: there is no such setting (environment variable NotifyHub__PushKay); did you mean PushKey?",
                "NotifyHub:RequireTokens: there is no such setting (argument); did you mean RequireToken?",
            ],
            Lines(output).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("--PushPort 1", "--NotifyHub:PushPort=")]
    [InlineData("--PushKey=secret", "--NotifyHub:PushKey=")]
    [InlineData("secret", "--NotifyHub:NAME=VALUE")]
    [InlineData("--NotifyHub:RequireToken", "has no value")]
    [InlineData("--NotifyHub:RequireToken --NotifyHub:PushPort=0", "has no value")]
    public async Task Stray_arguments_are_refused(string arguments, string expected)
    {
        await using var hub = NotifyHubProcess.Gateway(null);
        hub.Arguments = arguments.Split(' ');

        var (exitCode, output) = await hub.RunToItsEndAsync();

        AssertRefused(exitCode, output, expected);
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LoginLifetime", "24:00:00", "would mean 24d")]
    [InlineData("LoginLifetime", "12", "would mean 12d")]
    [InlineData("RetentionAge", "90", "would mean 90d")]
    [InlineData("PushIdle", "5 s", "is not a time")]
    public async Task A_time_that_means_something_else_is_refused_with_what_it_would_have_meant(
        string setting, string value, string expected)
    {
        var (exitCode, output) = await NotifyHubProcess.RunToItsEndAsync(null, (setting, value));

        AssertRefused(exitCode, output, $"NotifyHub:{setting}: '{value}' {expected}");
    }

    [Theory]
    [InlineData("/sys/notifyhub")]
    [InlineData("/proc/nowhere")]
    [InlineData("a-file/data")]
    public async Task A_data_folder_that_may_not_be_written_is_named_with_its_setting(string folder)
    {
        var (exitCode, output) = await NotifyHubProcess.RunToItsEndAsync(
            own => File.WriteAllText(Path.Combine(own, "a-file"), ""), ("DataFolder", folder),
            ("Storage", $"Data Source={folder}/notifyhub.db"));

        AssertRefused(exitCode, output, "NotifyHub:DataFolder", folder);
        Assert.Single(Lines(output));
    }

    [Fact]
    public async Task A_state_file_that_is_a_folder_is_refused_before_anything_is_written()
    {
        var folder = Directory.CreateTempSubdirectory("notifyhub-state-");
        await using var gateway = NotifyHubProcess.Gateway(null, ("StateFile", folder.FullName));
        await using var silo = NotifyHubProcess.Silo(
            null, ("StateFile", folder.FullName), ("AdministratorPassword", "a good one, really"));
        foreach (var process in (NotifyHubProcess[])[gateway, silo])
        {
            var (exitCode, output) = await process.RunToItsEndAsync();

            AssertRefused(exitCode, output, "NotifyHub:StateFile", folder.FullName, "is a folder");
            Assert.Single(Lines(output));
            Assert.Empty(Directory.GetFileSystemEntries(process.Folder));
        }

        folder.Delete();
    }

    [Fact]
    public async Task Half_a_key_of_the_logins_is_named_with_its_remedy()
    {
        var (exitCode, output) =
            await NotifyHubProcess.RunToItsEndAsync(folder => File.WriteAllText(Path.Combine(folder, "jwt.key"), "half"));

        AssertRefused(exitCode, output, "jwt.key", "Delete it", "NotifyHub:JwtKey");
        Assert.Single(Lines(output));
    }

    [Fact]
    public async Task A_folder_in_place_of_the_key_is_named_with_its_remedy()
    {
        var (exitCode, output) =
            await NotifyHubProcess.RunToItsEndAsync(folder => Directory.CreateDirectory(Path.Combine(folder, "jwt.key")));

        AssertRefused(exitCode, output, "jwt.key", "Delete it", "NotifyHub:JwtKey");
        Assert.Single(Lines(output));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(64)]
    public async Task A_full_disk_is_named_with_the_setting_of_what_did_not_fit(int kilobytes)
    {
        var disk = Directory.CreateTempSubdirectory("notifyhub-disk-");
        Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", disk.FullName);
        try
        {
            var data = Path.Combine(disk.FullName, "data");
            var (exitCode, output) = await NotifyHubProcess.RunToItsEndAsync(
                null, ("DataFolder", data), ("Storage", $"Data Source={Path.Combine(data, "notifyhub.db")}"));

            AssertRefused(exitCode, output, "NotifyHub:", "space");
            Assert.Single(Lines(output));
        }
        finally
        {
            Run("umount", "--lazy", disk.FullName);
            disk.Delete();
        }
    }

    [Fact]
    public async Task A_secret_file_without_the_prefix_is_named_with_the_right_name()
    {
        var secrets = Directory.CreateTempSubdirectory("notifyhub-secrets-");
        File.WriteAllText(Path.Combine(secrets.FullName, "JwtKey"), "0123456789abcdef0123456789abcdef");

        var (exitCode, output) = await NotifyHubProcess.RunToItsEndAsync(null, ("SecretsFolder", secrets.FullName));

        AssertRefused(exitCode, output, "NotifyHub:SecretsFolder", "NotifyHub__JwtKey");
        secrets.Delete(recursive: true);
    }

    [Fact]
    public async Task A_storage_file_that_is_no_database_is_named_with_its_setting()
    {
        var file = "";

        var (exitCode, output) = await NotifyHubProcess.RunToItsEndAsync(
            folder => File.WriteAllText(
                file = Path.Combine(folder, "notifyhub.db"), string.Concat(Enumerable.Repeat("garbage ", 1000))));

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

        var (exitCode, output) = await NotifyHubProcess.RunToItsEndAsync(
            null, ("Address", "127.0.0.1"), ("ConsoleAddress", "127.0.0.1"), (setting, port));

        AssertRefused(exitCode, output, setting, port);
    }

    private static string[] Lines(string output) => output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private static void Run(params string[] command)
    {
        using var process = Process.Start(command[0], command[1..]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private static void AssertRefused(int exitCode, string output, params string[] named)
    {
        Assert.All(named, name => Assert.Contains(name, output, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Ctrl+C ends it.", output, StringComparison.Ordinal);
        // An unhandled exception would be 134.
        Assert.Equal(1, exitCode);
    }
}
