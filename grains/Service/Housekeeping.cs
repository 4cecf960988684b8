using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Connections;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Service;

/// <summary>
/// Removes what is too old or too much, and finds the gateways that died together with the silo that watched them. It runs in
/// every silo, and works in the one that has the <see cref="HousekeepingLock"/>.
/// </summary>
public sealed partial class Housekeeping(
    HousekeepingLock housekeepingLock,
    HistorySweep history,
    SessionCap cap,
    ChannelSweep channels,
    ReportPositions positions,
    IGrainFactory grains,
    ILocalSiloDetails silo,
    IOptions<SiloOptions> options,
    TimeProvider time,
    ILogger<Housekeeping> logger) : BackgroundService
{
    /// <summary>How many intervals the lock lasts: one renewal may fail.</summary>
    private const int LockIntervals = 2;
    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(1);

    /// <summary>Short: releasing the lock is optional, and must not delay the stop when the database does not answer.</summary>
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(2);

    private readonly string _holder = silo.SiloAddress.ToString();
    private long? _sweptAt;

    // Written by the loop and by the run beside it: a race between the two costs one log line.
    private volatile bool _isPostponed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var interval = options.Value.Lease;
        using var timer = new PeriodicTimer(interval, time);
        var mayHold = false;
        var run = Task.CompletedTask;
        try
        {
            // Not at once: the gateways need a moment to report themselves.
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var holds = false;
                // An attempt that fails may have taken the lock all the same.
                mayHold = true;
                await AttemptAsync(async () =>
                {
                    mayHold = holds = await housekeepingLock.TryHoldAsync(_holder, LockIntervals * interval, stoppingToken);
                    if (!holds) _isPostponed = false;
                });
                // A run may take longer than the lock lasts, so it is renewed meanwhile.
                if (holds && run.IsCompleted) run = AttemptAsync(() => RunAsync(stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await run;
            if (!mayHold) return;
            await AttemptAsync(() =>
                housekeepingLock.ReleaseAsync(_holder, CancellationToken.None).WaitAsync(ReleaseTimeout, CancellationToken.None));
        }

        async Task AttemptAsync(Func<Task> work)
        {
            try
            {
                await work();
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                // The silo ends; whatever was not done is the next holder's.
            }
            catch (Exception failure) when (TransientFailure.IsOutage(failure))
            {
                // Once per outage: the next attempt follows soon.
                if (!_isPostponed) LogPostponed(failure.Message);
                _isPostponed = true;
            }
            catch (Exception failure)
            {
                // The loop must outlive it: without housekeeping the database grows until the disk is full.
                if (!_isPostponed) LogFailed(failure);
                _isPostponed = true;
            }
        }
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        await WatchOrphansAsync(cancellation);
        // Not only once per hour: any client can open thousands of sessions per minute.
        await cap.ApplyAsync(cancellation);
        // Also between sweeps: the retention clock must see that the grid runs.
        var now = await grains.GetGrain<IRetentionGrain>(GrainKeys.Only).NowAsync().WaitAsync(cancellation);
        // Not only once per hour: the shortest class of retention has a bucket every half an hour. Mostly one small read.
        await channels.RunAsync(now, cancellation);
        if (_sweptAt is null || time.GetElapsedTime(_sweptAt.Value) >= SweepInterval)
        {
            await history.RunAsync(now, cancellation);
            _sweptAt = time.GetTimestamp();
        }

        _isPostponed = false;
    }

    /// <summary>A gateway that died together with the silo that watched it leaves open sessions in storage that no grain
    /// closes.</summary>
    private async Task WatchOrphansAsync(CancellationToken cancellation)
    {
        var leased = await positions.LeasedGatewaysAsync(cancellation);
        var status = await grains.GetGrain<IStatsGrain>(GrainKeys.Only).StatusAsync().WaitAsync(cancellation);
        var orphans = leased.Except(status.Nodes.Select(node => node.Report.Id), StringComparer.Ordinal);
        await Task.WhenAll(orphans.Select(gatewayId =>
            grains.GetGrain<IConnectionGrain>(GrainKeys.Gateway(gatewayId)).WatchAsync().WaitAsync(cancellation)));
    }

    [LoggerMessage(1502, LogLevel.Warning, "Housekeeping is postponed: {Error}")]
    private partial void LogPostponed(string error);

    [LoggerMessage(1503, LogLevel.Error, "Housekeeping failed and will be tried again")]
    private partial void LogFailed(Exception exception);
}
