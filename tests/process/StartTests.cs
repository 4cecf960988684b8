using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>What a start accepts, creates and keeps private; what the program answers without starting.</summary>
public sealed partial class StartTests
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    [Fact]
    public async Task A_machine_without_IPv6_is_served_by_IPv4_with_the_default_addresses()
    {
        await using var hub = await NotifyHubProcess.StartAsync(
            ("DOTNET_SYSTEM_NET_DISABLEIPV6", "1"), ("ConsolePort", "0"), ("PushAddress", "*"), ("MetricsAddress", "*"),
            ("MetricsPort", "0"));

        await using var client = await hub.ConnectAsync();
        using var push = await hub.ConnectPushAsync();

        Assert.Equal("ok", await push.PushAsync("""{"type":"test","data":{}}"""));
        Assert.Equal("""{"type":"test","data":{}}""", await client.NextAsync());
        using var scrape = new RestClient(hub.MetricsPort);
        Assert.Equal(HttpStatusCode.OK, (await scrape.GetAsync("/metrics")).Status);
    }

    [Fact]
    public async Task A_second_process_on_the_same_data_is_refused_and_the_lock_ends_with_the_first()
    {
        await using var first = await NotifyHubProcess.StartAsync();
        await using var second = NotifyHubProcess.Gateway(
            null, ("DataFolder", first.Folder), ("Storage", $"Data Source={Path.Combine(first.Folder, "notifyhub.db")}"));

        var (exitCode, output) = await second.RunToItsEndAsync();

        Assert.Equal(1, exitCode);
        Assert.StartsWith(
            $"NotifyHub:DataFolder: '{first.Folder}' is in use by process {first.Pid}.", output.Trim(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        await LocalCluster.ReadyAsync(first);

        await first.KillAsync();
        await second.StartAgainAsync();
        await LocalCluster.ReadyAsync(second);
    }

    [Fact]
    public async Task A_second_process_on_the_same_database_is_refused_wherever_its_own_folder_is()
    {
        await using var first = await NotifyHubProcess.StartAsync();
        var file = Path.Combine(first.Folder, "notifyhub.db");

        var (exitCode, output) = await NotifyHubProcess.RunToItsEndAsync(null, ("Storage", $"Data Source={file}"));

        Assert.Equal(1, exitCode);
        Assert.StartsWith(
            $"NotifyHub:Storage: '{file}' is in use by process {first.Pid}.", output.Trim(), StringComparison.Ordinal);
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public async Task Other_users_of_the_machine_cannot_read_what_it_keeps()
    {
        await using var hub = NotifyHubProcess.Gateway(
            null, ("DataFolder", "new/data"), ("Storage", "Data Source=new/data/notifyhub.db"));
        await hub.StartAgainAsync();
        var data = Path.Combine(hub.Folder, "new/data");
        var database = Path.Combine(data, "notifyhub.db");

        string[] files = Directory.GetFiles(data);
        foreach (var file in new[] { database, $"{database}-wal", Path.Combine(data, "jwt.key") }) Assert.Contains(file, files);
        Assert.All(files, file => Assert.Equal(Owner, File.GetUnixFileMode(file)));
        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(data));

        await hub.StopAsync();
        string[] kept = [database, Path.Combine(data, "jwt.key")];
        foreach (var file in kept) File.SetUnixFileMode(file, Owner | UnixFileMode.GroupRead | Others);
        await hub.StartAgainAsync();
        Assert.All(kept, file => Assert.Equal(Owner | UnixFileMode.GroupRead, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task Times_are_read_with_their_units()
    {
        await using var hub = await NotifyHubProcess.StartAsync(
            ("LoginLifetime", "15m"), ("PushIdle", "500ms"), ("RetentionAge", "2.00:00:00"));
        using var rest = await hub.LogInAsync();

        var settings = (await rest.GetAsync("/api/system/settings")).Expect(HttpStatusCode.OK).Data
            .GetProperty("settings").EnumerateArray()
            .ToLookup(setting => setting.GetProperty("name").GetString(), setting => setting.GetProperty("value").GetString());

        Assert.Equal(
            ["15m", "500ms", "2d"],
            [settings["LoginLifetime"].Single(), settings["PushIdle"].Single(), settings["RetentionAge"].Single()]);
        var login = (await rest.PostAsync("/api/auth/login", """{"email":"admin@notifyhub.com","password":"admin123"}"""))
            .Expect(HttpStatusCode.OK).Data;
        var end = DateTimeOffset.Parse(login.GetProperty("expires_at").GetString()!, CultureInfo.InvariantCulture);
        Assert.InRange(end, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddMinutes(16));
    }

    [Theory]
    [InlineData("--help", "--NotifyHub:SETTING=VALUE")]
    [InlineData("--version", "NotifyHub gateway ")]
    public async Task The_program_says_what_it_is_and_starts_nothing(string argument, string expected)
    {
        // Invalid settings, which must not be read.
        await using var hub = NotifyHubProcess.Gateway(null, ("PushKay", "x"));
        hub.Arguments = [argument];

        var (exitCode, output) = await hub.RunToItsEndAsync();

        Assert.Equal(0, exitCode);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(hub.Folder));
    }

    [Fact]
    public async Task A_check_says_that_the_settings_are_good_beside_the_process_that_serves()
    {
        await using var hub = await NotifyHubProcess.StartAsync();
        await using var check = NotifyHubProcess.Gateway(
            null, ("DataFolder", hub.Folder), ("Storage", $"Data Source={Path.Combine(hub.Folder, "notifyhub.db")}"),
            ("WebSocketPort", $"{hub.WebSocketPort}"), ("PushPort", $"{hub.PushPort}"));
        check.Arguments = ["--check"];

        var (exitCode, output) = await check.RunToItsEndAsync();

        Assert.Equal(0, exitCode);
        Assert.Contains("the settings are valid", output, StringComparison.Ordinal);
        await LocalCluster.ReadyAsync(hub);
    }

    [Theory]
    [InlineData("PushIdle", "24:00:00")]
    [InlineData("DataFolder", "/sys/notifyhub")]
    [InlineData("ConsoleAddress", "198.51.100.7", "ConsolePort", "3000")]
    [InlineData("Lease", "1s")]
    [InlineData("Storage", "Nonsense=1")]
    public async Task A_check_names_what_is_wrong_and_leaves_nothing_behind(
        string setting, string value, string other = "Senders", string otherValue = "1")
    {
        await using var hub = NotifyHubProcess.Gateway(null, (setting, value), (other, otherValue));
        hub.Arguments = ["--check"];

        var (exitCode, output) = await hub.RunToItsEndAsync();

        Assert.Equal(1, exitCode);
        Assert.Contains($"NotifyHub:{setting}", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(hub.Folder));
    }

    [Fact]
    public async Task Each_log_line_on_the_console_has_its_time()
    {
        var ports = FreePorts.Take(2);
        await using var gateway = await NotifyHubProcess.StartAsync();
        await using var silo = NotifyHubProcess.Silo(
            null, ("AdministratorPassword", "a good one, really"), ("SiloPort", $"{ports[0]}"),
            ("GatewayPort", $"{ports[1]}"), ("HealthPort", "0"));
        await silo.StartAgainAsync();

        foreach (var process in (NotifyHubProcess[])[gateway, silo])
        {
            var lines = process.Output.Split(Environment.NewLine).Where(line => LogLine().IsMatch(line)).ToList();
            Assert.NotEmpty(lines);
            Assert.All(lines, line =>
            {
                Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", line);
                var at = DateTimeOffset.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture);
                Assert.InRange(at, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
            });
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("key-of-the-push-port")]
    public async Task The_push_command_that_the_program_prints_works(string key)
    {
        await using var hub = await NotifyHubProcess.StartAsync(("PushKey", key));
        await using var client = await hub.ConnectAsync();
        await Until.TrueAsync(() => hub.Output.Contains("Ctrl+C ends it", StringComparison.Ordinal));
        var command = PushCommand().Match(hub.Output).Groups[1].Value;
        if (key.Length > 0) Assert.DoesNotContain(key, hub.Output, StringComparison.Ordinal);

        // For machines without netcat.
        const string Netcat = """nc() { exec 3<>"/dev/tcp/127.0.0.1/$2"; cat >&3; head -n 1 <&3; }; """;
        var start = new ProcessStartInfo("bash", ["-c", Netcat + command]) { RedirectStandardOutput = true };
        start.Environment["PUSH_KEY"] = key;
        using var bash = Process.Start(start)!;

        Assert.Equal("""{"type":"test","data":{}}""", await client.NextAsync());
        var answer = bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal("ok\n", await answer.WaitAsync(Until.Limit, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_client_beside_the_scripts_resumes_as_the_README_says()
    {
        await using var hub = await NotifyHubProcess.StartAsync();
        using var push = await hub.ConnectPushAsync();
        Assert.Equal("ok", await push.PushAsync("""{"type":"missed"}"""));
        var line = (await File.ReadAllLinesAsync(Checkout.PathOf("README.md"), TestContext.Current.CancellationToken))
            .Single(one => one.StartsWith("python3 scripts/lib/ws_client.py --protocol", StringComparison.Ordinal))
            .Replace("localhost:8080", $"127.0.0.1:{hub.WebSocketPort}", StringComparison.Ordinal);

        using var client = Process.Start(new ProcessStartInfo("bash", ["-c", line])
        {
            WorkingDirectory = Checkout.Root, RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        var first = await client.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        var second = await client.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        client.StandardInput.Close();
        await client.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith("""{"type":"subscribed","channel":"all",""", first, StringComparison.Ordinal);
        Assert.Equal("""{"type":"message","channel":"all","offset":1,"data":{"type":"missed"}}""", second);
        Assert.Equal(0, client.ExitCode);
    }

    [GeneratedRegex("(info|warn|fail|crit): ")]
    private static partial Regex LogLine();

    [GeneratedRegex("^ +push +(.+?)\r?$", RegexOptions.Multiline)]
    private static partial Regex PushCommand();

    [Fact]
    public async Task The_default_password_is_good_on_this_machine_alone()
    {
        await using var hub = await NotifyHubProcess.StartAsync(("TrustedProxies__0", "127.0.0.2"));
        const string Login = """{"email":"admin@notifyhub.com","password":"admin123"}""";
        using var rest = hub.Rest();

        // An untrusted proxy on this machine: its connection is from loopback, the caller is not.
        (await rest.PostAsync("/api/auth/login", Login, ("X-Forwarded-For", "203.0.113.9")))
            .ExpectError(HttpStatusCode.Forbidden, "DEFAULT_PASSWORD");
        (await rest.PostAsync("/api/auth/login", Login, ("X-Forwarded-For", "127.0.0.1"))).Expect(HttpStatusCode.OK);
        rest.Token = (await rest.PostAsync("/api/auth/login", Login)).Expect(HttpStatusCode.OK).Data
            .GetProperty("token").GetString();

        (await rest.PostAsync("/api/auth/password", """{"current_password":"admin123","new_password":"a better one, really"}"""))
            .Expect(HttpStatusCode.OK);
        (await rest.PostAsync(
            "/api/auth/login", """{"email":"admin@notifyhub.com","password":"a better one, really"}""",
            ("X-Forwarded-For", "203.0.113.9"))).Expect(HttpStatusCode.OK);
    }
}
