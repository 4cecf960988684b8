using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Audit;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Connections;
using NotifyHub.Grains.Notifications;
using NotifyHub.Grains.Schedules;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using NotifyHub.Grains.Usage;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Service;

/// <summary>
/// The grid's numbers, its list of nodes, and its housekeeping. The list is memory: reports fill it again within a second of a
/// move.
/// </summary>
[Reentrant, GrainType("stats")]
public sealed partial class StatsGrain : Grain, IStatsGrain
{
    private static readonly TimeSpan AnswerAge = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SweepEvery = TimeSpan.FromHours(1);

    /// <summary>How long a loss of acknowledged messages is part of the status.</summary>
    private static readonly TimeSpan LossShown = TimeSpan.FromDays(1);

    private readonly Dictionary<string, (NodeStatus Status, long HeardAt)> _nodes = new(StringComparer.Ordinal);
    private readonly SessionStore _sessions;
    private readonly ReportPositions _positions;
    private readonly SessionQueries _queries;
    private readonly SessionCap _cap;
    private readonly NotificationStore _notifications;
    private readonly DeliveryStore _deliveries;
    private readonly ScheduleStore _schedules;
    private readonly UsageStore _usage;
    private readonly AuditStore _audit;
    private readonly Database _database;
    private readonly SiloOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<StatsGrain> _log;
    private readonly Cached<(SessionTotals Totals, string? Error)> _totals;
    private readonly Cached<SessionStats> _stats;
    private readonly Cached<LogLoss?> _loss;
    private readonly TrafficSeries _traffic;
    private SessionTotals _lastTotals = new(0, 0, null);
    private long _lastErrors;
    private LogLoss? _lastLoss;
    private long? _sweptAt;

    public StatsGrain(
        SessionStore sessions,
        ReportPositions positions,
        SessionQueries queries,
        SessionCap cap,
        NotificationStore notifications,
        DeliveryStore deliveries,
        ScheduleStore schedules,
        UsageStore usage,
        AuditStore audit,
        EpochStore epochs,
        Database database,
        IOptions<SiloOptions> options,
        TimeProvider time,
        ILogger<StatsGrain> log)
    {
        (_sessions, _positions, _queries, _cap, _notifications, _deliveries) =
            (sessions, positions, queries, cap, notifications, deliveries);
        (_schedules, _usage, _audit, _database, _options, _time, _log) =
            (schedules, usage, audit, database, options.Value, time, log);
        _totals = new(AnswerAge, time, ReadTotalsAsync);
        _stats = new(AnswerAge, time, () => queries.StatsAsync());
        _loss = new(AnswerAge, time, () => epochs.NewestLossAsync(time.GetUtcNow() - LossShown, CancellationToken.None));
        _traffic = new(time);
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(KeepHouseAsync, new GrainTimerCreationOptions(_options.Lease, _options.Lease)
        {
            Interleave = true,
            KeepAlive = true,
        });
        this.RegisterGrainTimer(AddTrafficAsync, new GrainTimerCreationOptions(TrafficSeries.Interval, TrafficSeries.Interval)
        {
            Interleave = true,
            KeepAlive = true,
        });
        return Task.CompletedTask;
    }

    public Task ReportAsync(NodeReport report)
    {
        if (report.Traffic is { } traffic) _traffic.Begin(report.Id, traffic);
        _nodes[report.Id] = (new NodeStatus(report, _time.GetUtcNow()), _time.GetTimestamp());
        return Task.CompletedTask;
    }

    public Task RemoveAsync(string nodeId)
    {
        _nodes.Remove(nodeId);
        return Task.CompletedTask;
    }

    public async Task<GridStatus> StatusAsync()
    {
        var (totals, error) = await _totals.GetAsync();
        var nodes = Nodes();
        // This silo can read; whether it, and the others, can write, their last commits tell.
        error ??= _database.Health.Error
            ?? nodes.Select(node => node.Report.StorageError).FirstOrDefault(fault => fault is not null);
        // Without storage the nodes still know how many clients they have.
        var active = error is null ? totals.Active : nodes.Sum(node => node.Report.Connections);
        // Without storage what was known stands.
        if (error is null) _lastLoss = await ReadLossAsync();
        return new GridStatus(active, totals.Total, totals.LastConnectionAt, nodes, error, _lastLoss, _database.Health.Warning);
    }

    public Task<string[]> SilosAsync() =>
        Task.FromResult<string[]>([.. Nodes().Where(node => node.Report.Role == "silo").Select(node => node.Report.Address)]);

    public Task<SessionStats> StatsAsync() => _stats.GetAsync();

    public async Task<GridOverview> OverviewAsync()
    {
        var status = await StatusAsync();
        // The totals have just been read: without storage there is no second attempt to wait for.
        if (status.StorageError is null) _lastErrors = await ReadErrorsAsync();
        return new GridOverview(status, _lastErrors, _traffic.Points);
    }

    public async Task<SessionPage> ConnectionsAsync(SessionQuery query)
    {
        var page = await _queries.PageAsync(query);
        var described = await Task.WhenAll(page.Sessions
            .Where(session => session.Status == SessionStatus.Connected)
            .GroupBy(session => session.GatewayId, session => session.Opened.ConnectionId)
            .Select(gateway => DescribeAsync(gateway.Key, [.. gateway])));
        var live = described.SelectMany(counters => counters).ToDictionary(counters => counters.ConnectionId, StringComparer.Ordinal);
        return page with
        {
            Sessions = [.. page.Sessions.Select(session =>
                live.TryGetValue(session.Opened.ConnectionId, out var counters) ? session with { Counters = counters } : session)],
        };
    }

    public async Task<bool> CloseConnectionAsync(string connectionId)
    {
        if (await _queries.FindGatewayAsync(connectionId) is not { } gatewayId) return false;
        var isClosed = await Connections(gatewayId).CloseAsync(connectionId);
        await RefreshAsync();
        return isClosed;
    }

    public Task RefreshAsync()
    {
        _totals.Forget();
        _stats.Forget();
        return Task.CompletedTask;
    }

    private IConnectionGrain Connections(string gatewayId) => GrainFactory.GetGrain<IConnectionGrain>(GrainKeys.Gateway(gatewayId));

    private async Task<LiveCounters[]> DescribeAsync(string gatewayId, string[] connectionIds)
    {
        try
        {
            return await Connections(gatewayId).DescribeAsync(connectionIds).WaitAsync(Patience, _time);
        }
        catch (Exception failure)
        {
            // One gateway that is slow or dying costs its sessions their fresh counters, and the page nothing else.
            LogNotDescribed(gatewayId, failure.Message);
            return [];
        }
    }

    private async Task<(SessionTotals Totals, string? Error)> ReadTotalsAsync()
    {
        using var patience = new CancellationTokenSource(Patience, _time);
        try
        {
            _lastTotals = await _queries.TotalsAsync(patience.Token).WaitAsync(Patience, _time);
            return (_lastTotals, null);
        }
        catch (Exception failure) when (failure is StorageUnavailableException or TimeoutException or OperationCanceledException)
        {
            return (_lastTotals, await CheckStorageAsync() ?? "The database failed to answer, and answers again.");
        }
    }

    private async Task<long> ReadErrorsAsync()
    {
        try
        {
            return (await _stats.GetAsync().WaitAsync(Patience, _time)).Errors;
        }
        catch (Exception failure) when (failure is StorageUnavailableException or TimeoutException)
        {
            return _lastErrors;
        }
    }

    private async Task<LogLoss?> ReadLossAsync()
    {
        try
        {
            return await _loss.GetAsync().WaitAsync(Patience, _time);
        }
        catch (Exception failure) when (failure is StorageUnavailableException or TimeoutException)
        {
            return _lastLoss;
        }
    }

    private Task AddTrafficAsync(CancellationToken cancellation)
    {
        _traffic.Add(Nodes());
        return Task.CompletedTask;
    }

    private async Task<string?> CheckStorageAsync()
    {
        using var patience = new CancellationTokenSource(Patience, _time);
        try
        {
            return await _database.CheckAsync(patience.Token).WaitAsync(Patience, _time);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            return "The database does not answer.";
        }
    }

    private NodeStatus[] Nodes()
    {
        foreach (var (id, node) in _nodes)
        {
            if (_time.GetElapsedTime(node.HeardAt) > _options.Lease) _nodes.Remove(id);
        }

        return [.. _nodes.Values.Select(node => node.Status).OrderBy(node => node.Report.Role, StringComparer.Ordinal)
            .ThenBy(node => node.Report.Id, StringComparer.Ordinal)];
    }

    private async Task KeepHouseAsync(CancellationToken cancellation)
    {
        try
        {
            await WatchOrphansAsync(cancellation);
            // Not with the hourly rest: anybody can make thousands of sessions a minute.
            await _cap.ApplyAsync(cancellation);
            // Also between sweeps: it must not seem as if nothing had run.
            var now = await GrainFactory.GetGrain<IRetentionGrain>(GrainKeys.Only).NowAsync();
            if (_sweptAt is { } sweptAt && _time.GetElapsedTime(sweptAt) < SweepEvery) return;
            await _sessions.SweepAsync(now - _options.HistoryAge, cancellation);
            await _notifications.SweepAsync(now - _options.HistoryAge, cancellation);
            await _deliveries.SweepAsync(cancellation);
            await _positions.SweepAsync(now - _options.HistoryAge, cancellation);
            await _schedules.SweepAsync(now - _options.HistoryAge, cancellation);
            await _usage.SweepAsync(now, cancellation);
            await _audit.SweepAsync(now - _options.AuditAge, cancellation);
            _sweptAt = _time.GetTimestamp();
        }
        catch (Exception failure) when (failure is StorageUnavailableException or OrleansException or TimeoutException)
        {
            LogNotKept(failure.Message);
        }
    }

    /// <summary>A gateway that died together with the silo that watched it has sessions in storage and nobody who ends
    /// them.</summary>
    private async Task WatchOrphansAsync(CancellationToken cancellation)
    {
        var reporting = Nodes().Select(node => node.Report.Id).ToHashSet(StringComparer.Ordinal);
        var orphans = (await _positions.LeasedGatewaysAsync(cancellation)).Where(gatewayId => !reporting.Contains(gatewayId));
        await Task.WhenAll(orphans.Select(gatewayId => Connections(gatewayId).WatchAsync()));
    }

    [LoggerMessage(1501, LogLevel.Debug, "Gateway {GatewayId} did not tell its sessions' counters: {Failure}")]
    private partial void LogNotDescribed(string gatewayId, string failure);

    [LoggerMessage(1502, LogLevel.Warning, "Housekeeping is put off: {Failure}")]
    private partial void LogNotKept(string failure);
}
