using System.Diagnostics;
using System.Reflection;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>The program asks the one that serves whether it is ready, for the health checks of containers.</summary>
public sealed class HealthProbeTests
{
    [Fact]
    public async Task It_ends_with_0_while_the_gateway_is_ready_and_with_1_when_it_has_ended()
    {
        await using var hub = await NotifyHubProcess.StartAsync();

        var (whileReady, answer) = await AskAsync(hub.WebSocketPort);
        await hub.StopAsync();
        var (afterTheEnd, why) = await AskAsync(hub.WebSocketPort);

        Assert.Equal(0, whileReady);
        Assert.StartsWith("200 ", answer, StringComparison.Ordinal);
        Assert.Equal(1, afterTheEnd);
        Assert.StartsWith($"Port {hub.WebSocketPort}: ", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_asks_by_TLS_where_the_port_speaks_that()
    {
        using var certificate = new TestCertificate();
        var folder = Directory.CreateTempSubdirectory("notifyhub-probe-");
        var file = Path.Combine(folder.FullName, "tls.pem");
        await File.WriteAllTextAsync(file, $"{certificate.Pem}\n{certificate.KeyPem}\n", TestContext.Current.CancellationToken);
        await using var hub = await NotifyHubProcess.StartAsync(("TlsCertificateFile", file));

        var (exitCode, answer) = await AskAsync(hub.WebSocketPort, ("TlsCertificateFile", file));
        var (withoutIt, _) = await AskAsync(hub.WebSocketPort);

        Assert.StartsWith("200 ", answer, StringComparison.Ordinal);
        Assert.Equal((0, 1), (exitCode, withoutIt));
        folder.Delete(recursive: true);
    }

    private static async Task<(int ExitCode, string Output)> AskAsync(int port, params (string Name, string Value)[] settings)
    {
        var program = typeof(HealthProbeTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == "GatewayProgram").Value!;
        var start = new ProcessStartInfo("dotnet", [program, "--health"]) { RedirectStandardOutput = true };
        start.Environment["NotifyHub__WebSocketPort"] = $"{port}";
        foreach (var (name, value) in settings) start.Environment[$"NotifyHub__{name}"] = value;
        using var probe = Process.Start(start)!;
        var output = await probe.StandardOutput.ReadToEndAsync();
        await probe.WaitForExitAsync();
        return (probe.ExitCode, output);
    }
}
