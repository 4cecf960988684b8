using System.Diagnostics;
using System.Reflection;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.DeployTests;

/// <summary>deploy/docker/notifyhub-gateway, the start script of the compose file's gateway.</summary>
public sealed class StartScriptTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-start-");

    private string Log => Path.Combine(_folder.FullName, "websocket.log");

    [Fact]
    public async Task The_guides_log_file_has_the_output_and_the_gateway_ends_gracefully()
    {
        using var script = Start();
        var output = script.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await Until.TrueAsync(
            () => Written().Contains("Ctrl+C ends it.", StringComparison.Ordinal), Written, "the welcome text");

        using (var kill = Process.Start("kill", ["-TERM", $"{script.Id}"]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await script.WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(Until.Limit, TestContext.Current.CancellationToken);

        Assert.Equal(0, script.ExitCode);
        Assert.Equal(await output, Written());
        Assert.Contains("WebSocket Server starting on port ", Written(), StringComparison.Ordinal);
        Assert.Contains("Internal Push Interface on port ", Written(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_exit_code_is_the_gateways_and_the_reason_is_in_both_places()
    {
        using var script = Start(("NotifyHub__TimeZone", "Mars/Olympus"));
        var output = await script.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, script.ExitCode);
        Assert.Contains("NotifyHub:TimeZone", output, StringComparison.Ordinal);
        Assert.Equal(output, Written());
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Process Start(params (string Variable, string Value)[] variables)
    {
        var start = new ProcessStartInfo("bash", [Checkout.PathOf("deploy/docker/notifyhub-gateway"), "ws:start"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = _folder.FullName,
        };
        start.Environment["NOTIFYHUB_PROGRAM"] =
            typeof(StartScriptTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .Single(entry => entry.Key == "GatewayProgram").Value;
        start.Environment["NOTIFYHUB_LOG"] = Log;
        foreach (var port in new[] { "WebSocketPort", "PushPort", "ConsolePort", "MetricsPort" })
            start.Environment[$"NotifyHub__{port}"] = "0";
        foreach (var (variable, value) in variables) start.Environment[variable] = value;
        return Process.Start(start)!;
    }

    private string Written() => File.Exists(Log) ? File.ReadAllText(Log) : "";
}
