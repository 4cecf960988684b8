using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>Settings from files, as Docker and Kubernetes mount secrets.</summary>
public sealed class SecretFilesTests
{
    private const string Password = "a password from a file";

    [Fact]
    public async Task A_setting_from_a_file_wins_over_the_environment_and_is_never_shown()
    {
        var secrets = Directory.CreateTempSubdirectory("notifyhub-secrets-");
        try
        {
            Mount(secrets.FullName, "NotifyHub__AdministratorPassword", Password + "\n");
            await using var hub = await NotifyHubProcess.StartAsync(
                ("SecretsFolder", secrets.FullName), ("AdministratorPassword", "not this one"));

            using var rest = hub.Rest();
            await rest.LogInAsync("admin@notifyhub.com", Password);
            var status = await rest.GetAsync("/api/system/websocket/status");

            Assert.DoesNotContain(Password, hub.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(Password, status.Body, StringComparison.Ordinal);
        }
        finally
        {
            secrets.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_faulty_secret_is_named_and_not_shown()
    {
        const string Short = "too-short-a-key";
        var (exitCode, output) = await NotifyHubProcess.RunToItsEndAsync(
            folder => Mount(folder, "NotifyHub__JwtKey", Short), ("SecretsFolder", "."));

        Assert.Equal(1, exitCode);
        Assert.Contains("NotifyHub:JwtKey", output, StringComparison.Ordinal);
        Assert.DoesNotContain(Short, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_named_and_nothing_starts()
    {
        var (exitCode, output) = await NotifyHubProcess.RunToItsEndAsync(null, ("SecretsFolder", "/nowhere/at/all"));

        Assert.Equal((1, "NotifyHub:SecretsFolder: there is no folder '/nowhere/at/all'."), (exitCode, output.Trim()));
    }

    // Like Kubernetes: the file is a link into a folder that is replaced as a whole.
    private static void Mount(string folder, string file, string content)
    {
        var version = Directory.CreateDirectory(Path.Combine(folder, "..2026_11_23"));
        File.WriteAllText(Path.Combine(version.FullName, file), content);
        Directory.CreateSymbolicLink(Path.Combine(folder, "..data"), version.Name);
        File.CreateSymbolicLink(Path.Combine(folder, file), Path.Combine("..data", file));
    }
}
