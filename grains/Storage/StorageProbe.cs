using Microsoft.Extensions.Hosting;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Storage;

/// <summary>Writes when there was no write for some seconds, so that the health is never older than that.</summary>
internal sealed class StorageProbe(Database database, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (database.Health.SinceCommit < Interval && database.Health.Error is null) continue;
            try
            {
                await database.ProbeAsync(stoppingToken);
                await database.CheckAsync(stoppingToken);
            }
            catch (StorageUnavailableException)
            {
                // The database's health has it, and the log.
            }
        }
    }
}
