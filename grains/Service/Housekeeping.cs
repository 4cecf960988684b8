using Microsoft.Extensions.Logging;
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

/// <summary>
/// Removes what is too old or too much, and finds the gateways that died together with the silo that watched them. One grain
/// drives it, so that only one silo of the grid does it at a time.
/// </summary>
public sealed partial class Housekeeping(
    IGrainFactory grains,
    SessionStore sessions,
    SessionCap cap,
    ReportPositions positions,
    NotificationStore notifications,
    DeliveryStore deliveries,
    ScheduleStore schedules,
    UsageStore usage,
    AuditStore audit,
    IOptions<SiloOptions> options,
    TimeProvider time,
    ILogger<Housekeeping> log)
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(1);

    private long? _sweptAt;

    /// <summary>Does not throw for faults that pass: the next run tries again.</summary>
    /// <param name="reporting">Ids of the nodes that report themselves.</param>
    /// <param name="cancellation">Ends it between two statements.</param>
    public async Task RunAsync(IReadOnlySet<string> reporting, CancellationToken cancellation)
    {
        try
        {
            await WatchOrphansAsync(reporting, cancellation);
            // Not only once per hour: anybody can make thousands of sessions per minute.
            await cap.ApplyAsync(cancellation);
            // Also between sweeps: the retention clock must see that the grid runs.
            var now = await grains.GetGrain<IRetentionGrain>(GrainKeys.Only).NowAsync();
            if (_sweptAt is { } sweptAt && time.GetElapsedTime(sweptAt) < SweepInterval) return;
            await SweepAsync(now, cancellation);
            _sweptAt = time.GetTimestamp();
        }
        catch (Exception failure) when (failure is StorageUnavailableException or OrleansException or TimeoutException)
        {
            LogPostponed(failure.Message);
        }
    }

    private async Task SweepAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var historyEnd = now - options.Value.HistoryAge;
        await sessions.SweepAsync(historyEnd, cancellation);
        await notifications.SweepAsync(historyEnd, cancellation);
        await deliveries.SweepAsync(cancellation);
        await positions.SweepAsync(historyEnd, cancellation);
        await schedules.SweepAsync(historyEnd, cancellation);
        await usage.SweepAsync(now, cancellation);
        await audit.SweepAsync(now - options.Value.AuditAge, cancellation);
    }

    /// <summary>A gateway that died together with the silo that watched it has open sessions in storage and nobody who closes
    /// them.</summary>
    private async Task WatchOrphansAsync(IReadOnlySet<string> reporting, CancellationToken cancellation)
    {
        var orphans = (await positions.LeasedGatewaysAsync(cancellation)).Where(gatewayId => !reporting.Contains(gatewayId));
        await Task.WhenAll(orphans.Select(gatewayId =>
            grains.GetGrain<IConnectionGrain>(GrainKeys.Gateway(gatewayId)).WatchAsync()));
    }

    [LoggerMessage(1502, LogLevel.Warning, "Housekeeping is put off: {Error}")]
    private partial void LogPostponed(string error);
}
