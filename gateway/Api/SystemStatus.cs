using System.Globalization;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// What an operator sees: the grid as its statistics grain reports it, this process as it measures itself. It answers even when
/// the grid does not: then with the last numbers known, and a check that says so.
/// </summary>
internal sealed partial class SystemStatus(
    IGrainFactory grains, GatewayNode node, IOptions<GatewayOptions> options, TimeProvider time, ILogger<SystemStatus> logger)
{
    // An operator who looks because the grid is down must not wait for a grain call's own timeout.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private readonly ProcessUsage _usage = new(time);
    private readonly Lock _usageLock = new();
    private volatile GridStatus _lastKnown = new(0, 0, null, [], null);

    public async Task<StatusView> ReadAsync(Func<Text, string> words, CancellationToken cancellation)
    {
        var reached = await TryReadGridAsync(cancellation);
        var grid = reached ?? _lastKnown;
        var zone = options.Value.Zone();
        var running = node.State.Service.Running;
        var process = Process(running);
        return new StatusView(
            running,
            node.State.WebSocketPort.ToString(CultureInfo.InvariantCulture),
            node.State.PushPort.ToString(CultureInfo.InvariantCulture),
            running && node.State.WebSocketListening,
            running && node.State.PushListening,
            process?.Pid,
            process,
            grid.ActiveConnections,
            grid.TotalConnections,
            NotificationJson.LocalTime(time.GetUtcNow(), zone),
            grid.LastConnectionAt is { } last ? NotificationJson.LocalTime(last, zone) : null,
            Health.Of(node, reached, grid, words),
            [.. grid.Nodes.Select(one => NodeView.Of(one, zone))]);
    }

    /// <summary>Null while the service is stopped: the guide's stopped service has no process.</summary>
    public ProcessInfo? Process(bool running)
    {
        if (!running) return null;
        lock (_usageLock)
        {
            var started = TimeZoneInfo.ConvertTime(_usage.StartedAt(), options.Value.Zone());
            return new ProcessInfo(
                Environment.ProcessId,
                ProcessInfo.Percent(_usage.CpuPercent()),
                ProcessInfo.Percent(ProcessUsage.MemoryPercent()),
                started.ToString("HH:mm", CultureInfo.InvariantCulture),
                CommandLine.Shown(Environment.GetCommandLineArgs()));
        }
    }

    private async Task<GridStatus?> TryReadGridAsync(CancellationToken cancellation)
    {
        try
        {
            return _lastKnown = await grains.GetGrain<IStatsGrain>(GrainKeys.Only).StatusAsync()
                .WaitAsync(Timeout, time, cancellation);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            LogUnreachable(failure.GetType().Name, failure.Message);
            return null;
        }
    }

    [LoggerMessage(7401, LogLevel.Warning,
        "The status was answered without the grid, which could not be reached: {Kind}: {Error}")]
    private partial void LogUnreachable(string kind, string error);
}
