using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Audit;
using NotifyHub.Grains.Connections;
using NotifyHub.Grains.Notifications;
using NotifyHub.Grains.Schedules;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using NotifyHub.Grains.Usage;

namespace NotifyHub.Grains.Service;

/// <summary>Deletes what is older or more than the settings allow. Logs are swept apart.</summary>
public sealed class HistorySweep(
    SessionStore sessions,
    NotificationSweep notifications,
    DeliveryStore deliveries,
    ReportPositions positions,
    ScheduleStore schedules,
    UsageSweep usage,
    AuditSweep audit,
    IOptions<SiloOptions> options)
{
    /// <param name="now">The time that ages count from.</param>
    public async Task RunAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var historyEnd = now - options.Value.HistoryAge;
        Func<Task>[] sweeps =
        [
            () => sessions.SweepAsync(historyEnd, cancellation),
            () => notifications.RunAsync(historyEnd, cancellation),
            () => deliveries.SweepAsync(cancellation),
            () => positions.SweepAsync(historyEnd, cancellation),
            () => schedules.SweepAsync(historyEnd, cancellation),
            () => usage.RunAsync(now, cancellation),
            () => audit.RunAsync(now, cancellation),
        ];
        StorageBrokenException? broken = null;
        foreach (var sweep in sweeps)
        {
            try
            {
                await sweep();
            }
            catch (StorageBrokenException failure)
            {
                // One broken table must not let the others grow.
                broken ??= failure;
            }
        }

        if (broken is not null) ExceptionDispatchInfo.Throw(broken);
    }
}
