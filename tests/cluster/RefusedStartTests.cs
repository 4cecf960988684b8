using System.Net;
using NotifyHub.TestKit;
using Npgsql;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>A cluster has no default password or key; a silo that is started twice leaves the first one alone.</summary>
[Collection(typeof(OneGrid))]
public sealed class RefusedStartTests(LocalCluster cluster)
{
    // Orleans' status of an active member.
    private const int SiloActive = 3;

    [Fact]
    public async Task A_silo_without_an_administrator_password_refuses_to_start_and_names_the_setting()
    {
        await using var silo = NotifyHubProcess.Silo(null, ("Storage", await cluster.Database.CreateDatabaseAsync()));

        var (exitCode, output) = await silo.RunToItsEndAsync();

        Assert.Equal(1, exitCode);
        Assert.Equal("NotifyHub:AdministratorPassword: required in a cluster, which has no default password.", output.Trim());
    }

    [Fact]
    public async Task A_cluster_gateway_without_key_and_silos_refuses_to_start()
    {
        await using var gateway = NotifyHubProcess.Gateway(null, ("Mode", "Cluster"));

        var (exitCode, output) = await gateway.RunToItsEndAsync();

        Assert.Equal(1, exitCode);
        Assert.Equal(
            ["NotifyHub:JwtKey", "NotifyHub:Silos"],
            output.Trim().Split(Environment.NewLine).Select(line => line[..line.IndexOf(": ", StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData("HealthPort")]
    [InlineData("SiloPort")]
    public async Task A_second_start_of_a_silo_is_refused_and_the_first_goes_on(string shared)
    {
        var storage = await cluster.Database.CreateDatabaseAsync();
        var ports = FreePorts.Take(6);
        string[] names = ["SiloPort", "GatewayPort", "HealthPort"];
        (string, string)[] Settings(int offset) =>
        [
            ("Storage", storage), ("AdministratorPassword", "correct horse"), ("AdvertisedAddress", "127.0.0.1"),
            .. names.Select((name, index) => (name, $"{ports[name == shared ? index : offset + index]}")),
        ];
        await using var first = NotifyHubProcess.Silo(null, Settings(0));
        await first.StartAgainAsync();
        // The same settings again, and a silo that shares only one port.
        await using var twin = NotifyHubProcess.Silo(null, Settings(0));
        await using var other = NotifyHubProcess.Silo(null, Settings(3));

        var (twinCode, twinOutput) = await twin.RunToItsEndAsync();
        var (otherCode, otherOutput) = await other.RunToItsEndAsync();

        Assert.Equal((1, 1), (twinCode, otherCode));
        Assert.Equal(["HealthPort"], Lines(twinOutput).Select(NamedSetting));
        Assert.Equal([shared], Lines(otherOutput).Select(NamedSetting));
        // Neither became a member: joining with the address of another silo would declare that one dead.
        Assert.Equal([SiloActive], await StatusOfMembersAsync(storage));
        await HealthyAsync(ports[2]);
        Assert.True(first.IsRunning);
    }

    [Fact]
    public async Task Of_two_starts_of_a_silo_at_the_same_moment_one_goes_on()
    {
        var storage = await cluster.Database.CreateDatabaseAsync();
        var ports = FreePorts.Take(3);
        (string, string)[] settings =
        [
            ("Storage", storage), ("AdministratorPassword", "correct horse"), ("AdvertisedAddress", "127.0.0.1"),
            ("SiloPort", $"{ports[0]}"), ("GatewayPort", $"{ports[1]}"), ("HealthPort", $"{ports[2]}"),
        ];
        await using var one = NotifyHubProcess.Silo(null, settings);
        await using var two = NotifyHubProcess.Silo(null, settings);

        var starts = await Task.WhenAll(StartsAsync(one), StartsAsync(two));

        Assert.Single(starts, started => started);
        Assert.Contains("is in use by another process", (starts[0] ? two : one).Output, StringComparison.Ordinal);
        await HealthyAsync(ports[2]);
        Assert.Equal([SiloActive], await StatusOfMembersAsync(storage));

        static async Task<bool> StartsAsync(NotifyHubProcess silo)
        {
            try
            {
                await silo.StartAgainAsync();
                return true;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }
    }

    [Theory]
    [InlineData("--help", 0, "Settings of a silo")]
    [InlineData("--version", 0, "NotifyHub silo ")]
    [InlineData("--check", 0, "the settings are valid")]
    [InlineData("--check --NotifyHub:Lease=24:00:00", 1, "NotifyHub:Lease: '24:00:00' would mean 24d")]
    [InlineData("--check --NotifyHub:AdvertisedAddress=198.51.100.7", 1,
        "NotifyHub:AdvertisedAddress: 198.51.100.7 is not an address of this machine.")]
    [InlineData("--NotifyHub:Storrage=x", 1, "did you mean Storage?")]
    [InlineData("--SiloPort 1", 1, "--NotifyHub:SiloPort=")]
    public async Task A_silo_answers_what_needs_no_grid_and_joins_none(string arguments, int code, string expected)
    {
        var storage = await cluster.Database.CreateDatabaseAsync();
        await using var silo = NotifyHubProcess.Silo(null, ("Storage", storage), ("AdministratorPassword", "correct horse"));
        silo.Arguments = arguments.Split(' ');

        var (exitCode, output) = await silo.RunToItsEndAsync();

        Assert.Equal(code, exitCode);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        await using var database = new NpgsqlConnection(storage + ";Pooling=false");
        await database.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database);
        Assert.Equal(0L, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_default_password_is_refused_from_another_machine_and_good_on_its_own()
    {
        await using var network = await Network.CreateAsync();
        await using var hub = NotifyHubProcess.Gateway(null);
        hub.Host = await network.AddHostAsync();
        await hub.StartAgainAsync();
        using var rest = hub.Rest();

        var answer = await rest.PostAsync(
            "/api/auth/login", """{"email":"admin@notifyhub.com","password":"admin123"}""", ("Accept-Language", "en"));

        answer.ExpectError(HttpStatusCode.Forbidden, "DEFAULT_PASSWORD");
        Assert.Contains("NotifyHub:AdministratorPassword", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_takes_its_secrets_from_files_and_shows_none_of_them()
    {
        var secrets = Directory.CreateTempSubdirectory("notifyhub-secrets-");
        try
        {
            // Nothing listens at this address; the environment has a database that would work.
            File.WriteAllText(
                Path.Combine(secrets.FullName, "NotifyHub__Storage"),
                "Host=127.0.0.1;Port=1;Username=u;Password=secret-of-the-database;Database=d\n");
            File.WriteAllText(
                Path.Combine(secrets.FullName, "NotifyHub__AdministratorPassword"), "secret-of-the-administrator\n");
            await using var silo = NotifyHubProcess.Silo(
                null, ("SecretsFolder", secrets.FullName), ("Storage", await cluster.Database.CreateDatabaseAsync()));

            var (exitCode, output) = await silo.RunToItsEndAsync();

            Assert.Equal(
                (1, "The PostgreSQL database (setting NotifyHub:Storage) cannot be reached."), (exitCode, output.Trim()));
        }
        finally
        {
            secrets.Delete(recursive: true);
        }
    }

    private static string[] Lines(string output) => output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private static string NamedSetting(string line)
    {
        Assert.Contains(" is in use by another process. Stop it, or set NotifyHub:", line, StringComparison.Ordinal);
        return line[(line.IndexOf("NotifyHub:", StringComparison.Ordinal) + "NotifyHub:".Length)..].Split(' ')[0];
    }

    private static async Task HealthyAsync(int port)
    {
        using var rest = new RestClient(port);
        await Until.TrueAsync(
            async () => (await rest.GetAsync("/health/ready")).Status == HttpStatusCode.OK, what: "the silo is ready");
    }

    private static async Task<List<int>> StatusOfMembersAsync(string storage)
    {
        await using var database = new NpgsqlConnection(storage + ";Pooling=false");
        await database.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand("SELECT status FROM membership", database);
        await using var rows = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        List<int> found = [];
        while (await rows.ReadAsync(TestContext.Current.CancellationToken)) found.Add(rows.GetInt32(0));
        return found;
    }
}
