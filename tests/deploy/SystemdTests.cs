using System.Globalization;
using Microsoft.Extensions.Hosting;
using NotifyHub.Gateway.Cluster;
using NotifyHub.Gateway.Settings;
using NotifyHub.Grains.Settings;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.DeployTests;

/// <summary>The systemd units against the programs.</summary>
public sealed class SystemdTests
{
    [Theory]
    [InlineData("gateway", typeof(GatewayOptions), "NotifyHub.Gateway.dll", "NotifyHub__JwtKey")]
    [InlineData("silo", typeof(SiloOptions), "NotifyHub.Silo.dll", "NotifyHub__Storage NotifyHub__AdministratorPassword")]
    public void A_unit_runs_its_program_with_settings_that_it_has_and_secrets_from_files(
        string name, Type options, string program, string secrets)
    {
        var unit = Unit(name);

        Assert.EndsWith($"/opt/notifyhub/{name}/{program}", unit["ExecStart"].Single(), StringComparison.Ordinal);
        var variables = unit["Environment"].Select(line => line.Split('=', 2)).ToDictionary(one => one[0], one => one[1]);
        Assert.Empty(variables.Select(one => KnownSettings.Fault(one.Key, one.Value, options)).OfType<string>());
        // %d is the folder of the credentials.
        Assert.Equal("%d", variables["NotifyHub__SecretsFolder"]);
        Assert.Equal(secrets.Split(' '), unit["LoadCredential"].Select(line => line.Split(':')[0]));
        Assert.All(
            unit["LoadCredential"], line => Assert.Contains(line.Split(':')[0]["NotifyHub__".Length..], KnownSettings.Secrets));
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("silo")]
    public void A_unit_starts_once_the_clock_is_right(string name)
    {
        // After= only orders; Wants= is what pulls the target in.
        Assert.Contains("time-sync.target", Unit(name)["After"].Single().Split(' '));
        Assert.Contains("time-sync.target", Unit(name)["Wants"].Single().Split(' '));
    }

    [Fact]
    public void Systemd_waits_for_the_shutdown_limit()
    {
        Assert.True(StopTimeout("gateway") > Drain.Limit(new GatewayOptions()));
        Assert.True(StopTimeout("silo") > new HostOptions().ShutdownTimeout);
    }

    private static TimeSpan StopTimeout(string name) =>
        TimeSpan.FromSeconds(int.Parse(Unit(name)["TimeoutStopSec"].Single(), CultureInfo.InvariantCulture));

    private static ILookup<string, string> Unit(string name) =>
        File.ReadLines(Checkout.PathOf($"deploy/systemd/notifyhub-{name}.service"))
            .Where(line => line.Contains('=', StringComparison.Ordinal) && !line.StartsWith('#'))
            .Select(line => line.Split('=', 2))
            .ToLookup(one => one[0], one => one[1]);
}
