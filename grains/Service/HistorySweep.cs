using Microsoft.Extensions.Options;
using NotifyHub.Grains.Audit;
using NotifyHub.Grains.Connections;
using NotifyHub.Grains.Notifications;
using NotifyHub.Grains.Schedules;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using NotifyHub.Grains.Usage;

namespace NotifyHub.Grains.Service;

/// <summary>Deletes what is older than the settings say, or more. The log itself is its channels' own matter.</summary>
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
    /// <param name="cancellation">Ends it between two statements.</param>
    public async Task RunAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var historyEnd = now - options.Value.HistoryAge;
        await sessions.SweepAsync(historyEnd, cancellation);
        await notifications.RunAsync(historyEnd, cancellation);
        await deliveries.SweepAsync(cancellation);
        await positions.SweepAsync(historyEnd, cancellation);
        await schedules.SweepAsync(historyEnd, cancellation);
        await usage.RunAsync(now, cancellation);
        await audit.RunAsync(now, cancellation);
    }
}
