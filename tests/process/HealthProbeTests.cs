using System.Diagnostics;
using System.Net;
using System.Reflection;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>The program checks a running one, for the health checks of containers.</summary>
public sealed class HealthProbeTests
{
    [Fact]
    public async Task Exit_code_is_0_while_ready_and_1_afterwards()
    {
        await using var hub = await NotifyHubProcess.StartAsync();

        var (whileReady, answer) = await AskAsync(hub.WebSocketPort);
        await hub.StopAsync();
        var (afterTheEnd, why) = await AskAsync(hub.WebSocketPort);

        Assert.Equal(0, whileReady);
        Assert.StartsWith("200 ", answer, StringComparison.Ordinal);
        Assert.Equal(1, afterTheEnd);
        Assert.StartsWith($"Port {hub.WebSocketPort}: ", why, StringComparison.Ordinal);
        Assert.Equal(
            ["No NotifyHub answers there. Start it, or give --health the settings of the process (ports, address, TLS)."],
            why.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)[1..]);
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

    [Fact]
    public async Task Probes_have_a_port_of_their_own_that_answers_nothing_else()
    {
        using var certificate = new TestCertificate();
        var folder = Directory.CreateTempSubdirectory("notifyhub-probe-");
        var file = Path.Combine(folder.FullName, "tls.pem");
        await File.WriteAllTextAsync(file, $"{certificate.Pem}\n{certificate.KeyPem}\n", TestContext.Current.CancellationToken);
        await using var hub = await NotifyHubProcess.StartAsync(("HealthPort", "0"), ("TlsCertificateFile", file));
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{hub.HealthPort}"), Timeout = Until.Limit };

        // Plain HTTP, also when the other ports use TLS.
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("/health/live"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("/health/ready"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("/health/ready?deep=1"));
        foreach (var path in (string[])["/", "/ws", "/api/system/websocket/status", "/docs", "/healthy"])
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(path));
        var (exitCode, answer) = await AskAsync(
            hub.WebSocketPort, ("HealthPort", $"{hub.HealthPort}"), ("TlsCertificateFile", file));
        Assert.Equal(0, exitCode);
        Assert.StartsWith("200 ", answer, StringComparison.Ordinal);
        folder.Delete(recursive: true);

        async Task<HttpStatusCode> StatusAsync(string path)
        {
            using var response = await http.GetAsync(path, TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
    }

    private static async Task<(int ExitCode, string Output)> AskAsync(int port, params (string Name, string Value)[] settings)
    {
        var program = typeof(HealthProbeTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(entry => entry.Key == "GatewayProgram").Value!;
        var start = new ProcessStartInfo("dotnet", [program, "--health"]) { RedirectStandardOutput = true };
        start.Environment["NotifyHub__WebSocketPort"] = $"{port}";
        foreach (var (name, value) in settings) start.Environment[$"NotifyHub__{name}"] = value;
        using var probe = Process.Start(start)!;
        var output = await probe.StandardOutput.ReadToEndAsync();
        await probe.WaitForExitAsync();
        return (probe.ExitCode, output);
    }
}
