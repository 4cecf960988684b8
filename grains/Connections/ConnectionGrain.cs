using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using NotifyHub.Grains.Telemetry;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Connections;

/// <summary>
/// One gateway's sessions and its lease. An activation watches its gateway from its start, whether a report caused it or the
/// watch over sessions of a gateway that died with its silo: a gateway without a report for a lease is declared lost.
/// </summary>
[Reentrant, GrainType("connection")]
public sealed partial class ConnectionGrain(
    SessionStore store, SiloMetrics metrics, IOptions<SiloOptions> options, TimeProvider time, ILogger<ConnectionGrain> logger)
    : Grain, IConnectionGrain, IDisposable
{
    private static readonly LeaseAnswer Known = new(Unknown: false);
    private static readonly LeaseAnswer NotTaken = new(Unknown: true);

    private readonly TimeSpan _lease = options.Value.Lease;

    // Reports, the release and the end of the lease run one at a time; calls to the gateway do not wait for them.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly TaskCompletionSource<IGatewayObserver> _firstObserver =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private IGatewayObserver? _observer;
    private long _reportedAt = time.GetTimestamp();
    private long _checkedAt = time.GetTimestamp();
    private long _storedAt;
    private long _taken;

    private string GatewayId => GrainKeys.GatewayId(this.GetPrimaryKeyString());

    private IStatsGrain Stats => GrainFactory.GetGrain<IStatsGrain>(GrainKeys.Only);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(CheckLeaseAsync, new GrainTimerCreationOptions(_lease / 4, _lease / 4)
        {
            Interleave = true,
            KeepAlive = true,
        });
        return Task.CompletedTask;
    }

    public async Task<LeaseAnswer> ReportAsync(SessionReport report)
    {
        // Before anything that can fail: a gateway is alive also while the storage is not.
        _reportedAt = time.GetTimestamp();
        _observer = report.Observer;
        _firstObserver.TrySetResult(report.Observer);
        Stats.ReportAsync(report.Node).Ignore();

        await _gate.WaitAsync();
        try
        {
            if (report.Sequence <= _taken) return Known;

            // A quiet gateway costs no write. Once a lease it does: were the lease ended by another activation (a grid that was
            // split), the gateway would otherwise never learn of it.
            if (_taken > 0 && IsEmpty(report) && time.GetElapsedTime(_storedAt) < _lease)
            {
                _taken = report.Sequence;
                return Known;
            }

            var outcome = await store.TakeAsync(GatewayId, report);
            if (outcome == ReportOutcome.Unknown)
            {
                _taken = 0;
                return NotTaken;
            }

            // Nothing is remembered of a retry: whether the lease still runs is for the next report to find out.
            if (outcome == ReportOutcome.Taken) (_taken, _storedAt) = (report.Sequence, time.GetTimestamp());
            return Known;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task ReleaseAsync()
    {
        await _gate.WaitAsync();
        try
        {
            await EndAsync("gateway left", CancellationToken.None);
        }
        finally
        {
            _gate.Release();
        }

        await Stats.RemoveAsync(GatewayId);
    }

    // An activation watches its gateway from its start.
    public Task WatchAsync() => Task.CompletedTask;

    public Task<LiveCounters[]> DescribeAsync(string[] connectionIds) =>
        _observer is { } observer ? observer.DescribeAsync(connectionIds) : Task.FromResult<LiveCounters[]>([]);

    public async Task<bool> CloseAsync(string connectionId)
    {
        try
        {
            // Just activated, because a silo was lost: the gateway's next report is due any moment.
            var observer = _observer ?? await _firstObserver.Task.WaitAsync(_lease, time);
            return await observer.CloseAsync(connectionId);
        }
        catch (TimeoutException) when (_observer is null)
        {
            return false;
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task CheckLeaseAsync(CancellationToken cancellation)
    {
        var stood = time.GetElapsedTime(_checkedAt);
        _checkedAt = time.GetTimestamp();
        // This process itself stood still: the gateway could not report and gets another lease.
        if (stood > _lease / 2) _reportedAt = _checkedAt;
        if (time.GetElapsedTime(_reportedAt) < _lease) return;

        await _gate.WaitAsync(cancellation);
        try
        {
            // It may have reported while this waited.
            if (time.GetElapsedTime(_reportedAt) < _lease) return;
            await EndAsync("gateway lost", cancellation);
            metrics.GatewayLost();
        }
        catch (StorageUnavailableException failure)
        {
            // The timer comes again.
            LogNotEnded(GatewayId, failure.Message);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task EndAsync(string reason, CancellationToken cancellation)
    {
        var closed = await store.EndAsync(GatewayId, reason, cancellation);
        (_taken, _observer) = (0, null);
        if (closed > 0) LogEnded(GatewayId, reason, closed);
        DeactivateOnIdle();
    }

    private static bool IsEmpty(SessionReport report) =>
        !report.Complete && report.Opened.Length == 0 && report.Closed.Length == 0 && report.Sent == 0 && report.Received == 0;

    [LoggerMessage(801, LogLevel.Warning, "Gateway {GatewayId}: {Reason}; {Count} open sessions were closed as errors")]
    private partial void LogEnded(string gatewayId, string reason, long count);

    [LoggerMessage(802, LogLevel.Warning, "The sessions of lost gateway {GatewayId} could not be closed yet: {Error}")]
    private partial void LogNotEnded(string gatewayId, string error);
}
