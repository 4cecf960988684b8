using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Api;
using NotifyHub.Gateway.Cluster;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Site;
using NotifyHub.Grains;
using NotifyHub.Hosting;
using NotifyHub.Telemetry;

namespace NotifyHub.Gateway;

/// <summary>How a gateway process is composed and started, and what it prints.</summary>
public static class GatewayHost
{
    private const string DataFolderSetting = $"{GatewayOptions.Section}:{nameof(GatewayOptions.DataFolder)}";

    /// <summary>What the program says of itself. The guide's start command is taken, and means nothing more.</summary>
    public static ProgramInfo Info { get; } = new(
        "NotifyHub gateway", "NotifyHub.Gateway.dll",
        "takes pushes, holds the clients' WebSockets, and serves the API and the console.",
        Words: ["ws:start"], Sections: ["Gateway", "Silo"],
        Checks: "the names and values of all settings, certificate files, the connection string, the data folder, the addresses");

    /// <summary>Exports telemetry to where the settings and the standard <c>OTEL_*</c> variables say.</summary>
    public static void AddGatewayTelemetry(this WebApplicationBuilder builder)
    {
        var defaults = new GatewayOptions();
        builder.AddTelemetry("notifyhub-gateway", MetricsEndPoint.Of(
            builder.Configuration.GetSection(GatewayOptions.Section), (defaults.MetricsAddress, defaults.MetricsPort)));
    }

    /// <summary>Tries all ports, takes the data, and makes the embedded database ready, so that a fault is a line to read and
    /// not a stack trace.</summary>
    /// <returns>Null: ready. Otherwise what to tell the operator before the process ends.</returns>
    /// <exception cref="StartFaultException">The same, of the data.</exception>
    public static async Task<string?> PrepareGatewayAsync(this IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        string[] faults = [.. services.Ports().Select(port =>
            PortCheck.Fault(port.EndPoint, port.Setting, port.AddressSetting)).OfType<string>()];
        if (faults.Length > 0) return string.Join(Environment.NewLine, faults);
        ProcessStateFile.Check(options.StateFile);
        if (options.Mode != GatewayMode.Embedded) return null;

        services.GetRequiredService<DataLock>().Take(DataFolderSetting, DataPath(options), isShared: false);
        services.GetRequiredService<TokenIssuer>().ReadKey();
        return await services.PrepareSiloAsync();
    }

    /// <summary>What <c>--check</c> does: looks at everything that needs neither a free port nor the database, and leaves
    /// nothing behind.</summary>
    /// <returns>Null: good. Otherwise what to tell the operator.</returns>
    /// <exception cref="StartFaultException">The same, of the data.</exception>
    public static string? CheckGateway(this IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        ProcessStateFile.Check(options.StateFile);
        if (options.Mode == GatewayMode.Embedded)
        {
            services.CheckSilo();
            DataLock.Check(DataFolderSetting, DataPath(options));
            SigningKey.Check(options);
        }

        string[] faults = [.. services.Ports()
            .Select(port => PortCheck.Fault(new IPEndPoint(port.EndPoint.Address, 0), port.Setting,
                port.AddressSetting)).OfType<string>().Distinct()];
        return faults.Length == 0 ? null : string.Join(Environment.NewLine, faults);
    }

    /// <summary>What <c>--health</c> does.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> AskHealthAsync(string[] settings)
    {
        var asked = HealthProbe.Settings(settings).Get<GatewayOptions>() ?? new();
        if (asked.HealthPort > 0) return HealthProbe.AskAsync("*", asked.HealthPort);
        return HealthProbe.AskAsync(
            asked.Address, asked.WebSocketPort, asked.TlsCertificateFile.Length > 0
                && asked.TlsPorts.HasFlag(TlsPorts.WebSocket));
    }

    /// <summary>Runs until the process is asked to end. Returns the exit code.</summary>
    public static async Task<int> RunGatewayAsync(this WebApplication app)
    {
        using var state = new ProcessStateFile(app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value.StateFile);
        try
        {
            await app.StartAsync();
            // The push port opens when the grid has said that the service is to run.
            await app.Services.GetRequiredService<GridContact>().First.WaitAsync(app.Lifetime.ApplicationStopping);
            Write(state, app.Services);
        }
        catch (OperationCanceledException)
        {
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (Exception e) when (StartFault.Explain(e) is { } fault)
        {
            // Such as a port that was taken between the question and the web server's own attempt.
            StartFault.Print(fault);
            await app.StopAsync();
            return StartFault.ExitCode;
        }

        Welcome(
            app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value,
            app.Services.GetRequiredService<GatewayNode>().State,
            app.Services.GetRequiredService<ConsoleEndPoint>(),
            app.Services.GetRequiredService<ServerCertificate>());
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static void Write(ProcessStateFile state, IServiceProvider services)
    {
        var node = services.GetRequiredService<GatewayNode>();
        state.Write(
            ("websocket_port", node.State.WebSocketPort),
            // 0: the service is stopped since before the start.
            ("push_port", node.State.PushPort is > 0 and var push ? push : -1),
            ("console_port", services.GetRequiredService<ConsoleEndPoint>().Port),
            ("health_port", services.GetRequiredService<HealthPort>().Port),
            ("metrics_port", services.GetRequiredService<MetricsEndPoint>().Port));
    }

    internal static IPEndPoint EndPoint(GatewayOptions options) => new(ListenAddress.Of(options.Address), options.WebSocketPort);

    private static IEnumerable<(IPEndPoint EndPoint, string Setting, string AddressSetting)> Ports(this IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        yield return (EndPoint(options), nameof(options.WebSocketPort), nameof(options.Address));
        yield return (new(ListenAddress.Of(options.PushAddress), options.PushPort), nameof(options.PushPort),
            nameof(options.PushAddress));
        if (services.GetRequiredService<ConsoleEndPoint>().Wanted is { } console)
            yield return (console, nameof(options.ConsolePort), nameof(options.ConsoleAddress));
        if (options.HealthPort > 0)
            yield return (new(ListenAddress.Of("*"), options.HealthPort), nameof(options.HealthPort), nameof(options.Address));
        if (services.GetRequiredService<MetricsEndPoint>().Wanted is { } metrics)
            yield return (metrics, nameof(options.MetricsPort), nameof(options.MetricsAddress));
    }

    /// <summary>What the lock of the data folder is named for.</summary>
    private static string DataPath(GatewayOptions options) => Path.Combine(Path.GetFullPath(options.DataFolder), "notifyhub");

    /// <summary>The first thing a new user reads: what listens where, and what to try.</summary>
    private static void Welcome(GatewayOptions options, NodeState state, ConsoleEndPoint console, ServerCertificate certificate)
    {
        var s = certificate.Guards(TlsPorts.WebSocket) ? "s" : "";
        var site = $"http{(certificate.Guards(TlsPorts.Console) ? "s" : "")}://{Host(options.ConsoleAddress)}:{console.Port}/";
        var at = $"{Host(options.Address)}:{state.WebSocketPort}";
        var (port, hasConsole) = (state.WebSocketPort, console.Port > 0);
        var listening = hasConsole
            ? $"Console on port {console.Port}...                         {site}" : "No console (ConsolePort is -1).";
        var page = hasConsole ? site : $"http{s}://{at}/websocket-test.html   and press 連線";
        Console.WriteLine(
            $$$"""

              NotifyHub is running.
                WebSocket Server starting on port {{{port}}}...       ws{{{s}}}://{{{at}}}/
                Internal Push Interface on port {{{state.PushPort}}}...
                {{{listening}}}

              Try next:
                open     {{{page}}}
                push     {{{PushCommand(options, state.PushPort, certificate.Guards(TlsPorts.Push))}}}
                status   curl http{{{s}}}://{{{at}}}/api/system/websocket/status
                API      http{{{s}}}://{{{at}}}/docs
              Ctrl+C ends it.

            """);
    }

    /// <summary>A command that is not refused. The key stays out of it: the output is kept in logs.</summary>
    internal static string PushCommand(GatewayOptions options, int port, bool tls)
    {
        const string Line = """echo '{"type":"test","data":{}}'""";
        if (port <= 0) return "start the service first: it is stopped, and its port is closed";
        var host = Host(options.PushAddress);
        var nc = tls ? $"openssl s_client -quiet -connect {host}:{port}" : $"nc {host.Trim('[', ']')} {port}";
        if (options.PushKey.Length == 0) return $"{Line} | {nc}";
        return $$"""
            (echo "AUTH $PUSH_KEY"; {{Line}}) | {{nc}}
                         (PUSH_KEY: the setting PushKey)
            """;
    }

    private static readonly IPAddress[] LocalHosts =
        [IPAddress.Any, IPAddress.IPv6Any, IPAddress.Loopback, IPAddress.IPv6Loopback];

    /// <summary>How this machine reaches what is bound to an address.</summary>
    private static string Host(string address) => ListenAddress.Of(address) switch
    {
        var bound when LocalHosts.Contains(bound) => "localhost",
        { AddressFamily: AddressFamily.InterNetworkV6 } bound => $"[{bound}]",
        var bound => bound.ToString(),
    };
}
