using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Schedules;

/// <summary>Keeps the schedules' clock active somewhere in the grid, also after the silo that it was in has died.</summary>
internal sealed partial class ScheduleKeeper(
    IGrainFactory grains, TimeProvider time, ILogger<ScheduleKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await grains.GetGrain<IScheduleGrain>(GrainKeys.Only).WakeAsync().WaitAsync(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                // The grid is forming, or another silo just died: the next time will do.
                LogNotWoken(failure.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(1101, LogLevel.Debug, "The schedule grain could not be reached: {Error}")]
    private partial void LogNotWoken(string error);
}
