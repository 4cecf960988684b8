using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Service;

/// <summary>Puts a silo that runs in a process of its own on the list of nodes, once per second.</summary>
internal sealed partial class SiloReporter(
    IGrainFactory grains, ILocalSiloDetails silo, Database database, TimeProvider time, ILogger<SiloReporter> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var stats = grains.GetGrain<IStatsGrain>(GrainKeys.Only);
        var usage = new ProcessUsage(time);
        var id = string.Create(
            CultureInfo.InvariantCulture, $"{silo.DnsHostName}-{Environment.ProcessId}-{silo.SiloAddress.Generation}");
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await TryAsync(() => stats.ReportAsync(new NodeReport(
                    id, "silo", silo.GatewayAddress.Endpoint.ToString(), Environment.ProcessId, usage.CpuPercent(),
                    ProcessUsage.MemoryPercent(), Connections: 0, usage.StartedAt(),
                    StorageError: database.Health.Error?.ToError())));
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await TryAsync(() => stats.RemoveAsync(id));
        }
    }

    private async Task TryAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception failure)
        {
            // The grid is forming, or another silo just died: the next second will do.
            LogNotReported(failure.Message);
        }
    }

    [LoggerMessage(1401, LogLevel.Debug, "This silo could not report itself: {Error}")]
    private partial void LogNotReported(string error);
}
