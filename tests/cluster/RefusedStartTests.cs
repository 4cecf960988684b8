using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>A cluster has no default password and no default key.</summary>
public sealed class RefusedStartTests(LocalCluster cluster)
{
    [Fact]
    public async Task A_silo_without_an_administrator_password_refuses_to_start_and_names_the_setting()
    {
        await using var silo = NotifyHubProcess.Silo(null, ("Storage", await cluster.Database.CreateDatabaseAsync()));

        var (exitCode, output) = await silo.RunToItsEndAsync();

        Assert.Equal(1, exitCode);
        Assert.Equal("NotifyHub:AdministratorPassword: a clustered deployment has no default password; set one.", output.Trim());
    }

    [Fact]
    public async Task A_gateway_of_a_cluster_without_key_and_silos_refuses_to_start_and_names_the_settings()
    {
        await using var gateway = NotifyHubProcess.Gateway(null, ("Mode", "Cluster"));

        var (exitCode, output) = await gateway.RunToItsEndAsync();

        Assert.Equal(1, exitCode);
        Assert.Equal(["NotifyHub:JwtKey", "NotifyHub:Silos"], output.Trim().Split(Environment.NewLine).Select(line => line[..line.IndexOf(": ", StringComparison.Ordinal)]));
    }

    [Fact]
    public async Task A_silo_takes_its_secrets_from_files_and_shows_none_of_them()
    {
        var secrets = Directory.CreateTempSubdirectory("notifyhub-secrets-");
        try
        {
            // Nobody listens there; in the environment is a database that would do.
            File.WriteAllText(
                Path.Combine(secrets.FullName, "NotifyHub__Storage"), "Host=127.0.0.1;Port=1;Username=u;Password=secret-of-the-database;Database=d\n");
            File.WriteAllText(Path.Combine(secrets.FullName, "NotifyHub__AdministratorPassword"), "secret-of-the-administrator\n");
            await using var silo = NotifyHubProcess.Silo(
                null, ("SecretsFolder", secrets.FullName), ("Storage", await cluster.Database.CreateDatabaseAsync()));

            var (exitCode, output) = await silo.RunToItsEndAsync();

            Assert.Equal((1, "The PostgreSQL database (setting NotifyHub:Storage) cannot be reached."), (exitCode, output.Trim()));
        }
        finally
        {
            secrets.Delete(recursive: true);
        }
    }
}
