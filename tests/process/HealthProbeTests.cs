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

    private static async Task<(int ExitCode, string Output)> AskAsync(int port)
    {
        var program = typeof(HealthProbeTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == "GatewayProgram").Value!;
        var start = new ProcessStartInfo("dotnet", [program, "--health"]) { RedirectStandardOutput = true };
        start.Environment["NotifyHub__WebSocketPort"] = $"{port}";
        using var probe = Process.Start(start)!;
        var output = await probe.StandardOutput.ReadToEndAsync();
        await probe.WaitForExitAsync();
        return (probe.ExitCode, output);
    }
}
