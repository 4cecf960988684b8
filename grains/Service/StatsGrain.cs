using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Connections;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Service;

/// <summary>The grid's numbers and its nodes.</summary>
[Reentrant, GrainType("stats")]
public sealed partial class StatsGrain : Grain, IStatsGrain
{
    private static readonly TimeSpan AnswerAge = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(2);

    // What is read, for the log.
    private const string TotalsRead = "totals";
    private const string ErrorsRead = "errors";
    private const string LossRead = "losses";

    /// <summary>How long a loss of acknowledged messages is part of the status.</summary>
    private static readonly TimeSpan LossShown = TimeSpan.FromDays(1);

    private readonly NodeList _nodes;
    private readonly SessionQueries _queries;
    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly ILogger<StatsGrain> _logger;
    private readonly Cached<(SessionTotals Totals, StorageError? Error)> _totals;
    private readonly Cached<SessionStats> _stats;
    private readonly Cached<LogLoss?> _loss;
    private readonly TrafficSeries _traffic;
    private SessionTotals _lastTotals = new(0, 0, null);
    private long _lastErrors;
    private LogLoss? _lastLoss;

    // The reads that timed out, so that each is logged when it begins. Other faults are logged by the storage's health.
    private readonly HashSet<string> _late = new(StringComparer.Ordinal);

    public StatsGrain(
        SessionQueries queries,
        EpochStore epochs,
        Database database,
        IOptions<SiloOptions> options,
        TimeProvider time,
        ILogger<StatsGrain> logger)
    {
        (_queries, _database, _time, _logger) = (queries, database, time, logger);
        _nodes = new(options.Value.Lease, time);
        _totals = new(AnswerAge, time, ReadTotalsAsync);
        _stats = new(AnswerAge, time, () => queries.StatsAsync());
        _loss = new(AnswerAge, time, () => epochs.NewestLossAsync(time.GetUtcNow() - LossShown, CancellationToken.None));
        _traffic = new(time);
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
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
        _nodes.Add(report);
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
        var nodes = _nodes.Current();
        // This silo can read. Whether it and the others can write follows from their last commits.
        error ??= _database.Health.Error?.ToError()
            ?? nodes.Select(node => node.Report.StorageError).FirstOrDefault(fault => fault is not null);
        // Without storage the nodes still know how many clients they have.
        var active = error is null ? totals.Active : nodes.Sum(node => node.Report.Connections);
        // Without storage the last known numbers stay.
        if (error is null) _lastLoss = await ReadAsync(_loss.GetAsync(), LossRead, _lastLoss);
        return new GridStatus(active, totals.Total, totals.LastConnectionAt, nodes, error, _lastLoss, _database.Health.Warning);
    }

    public Task<string[]> SilosAsync() =>
        Task.FromResult<string[]>(
            [.. _nodes.Current().Where(node => node.Report.Role == "silo").Select(node => node.Report.Address)]);

    public Task<SessionStats> StatsAsync() => _stats.GetAsync();

    public async Task<GridOverview> OverviewAsync()
    {
        var status = await StatusAsync();
        // The totals have just been read: without storage there is no second attempt to wait for.
        if (status.StorageError is null) _lastErrors = await ReadAsync(ErrorsAsync(), ErrorsRead, _lastErrors);
        return new GridOverview(status, _lastErrors, _traffic.Points);
    }

    public async Task<SessionPage> ConnectionsAsync(SessionQuery query)
    {
        var page = await _queries.PageAsync(query);
        var described = await Task.WhenAll(page.Sessions
            .Where(session => session.Status == SessionStatus.Connected)
            .GroupBy(session => session.GatewayId, session => session.Opened.ConnectionId)
            .Select(gateway => DescribeAsync(gateway.Key, [.. gateway])));
        var live = described.SelectMany(counters => counters)
            .ToDictionary(counters => counters.ConnectionId, StringComparer.Ordinal);
        return page with
        {
            Sessions = [.. page.Sessions.Select(session => live.TryGetValue(session.Opened.ConnectionId, out var counters)
                ? session with { Counters = counters }
                : session)],
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

    private IConnectionGrain Connections(string gatewayId) =>
        GrainFactory.GetGrain<IConnectionGrain>(GrainKeys.Gateway(gatewayId));

    private async Task<LiveCounters[]> DescribeAsync(string gatewayId, string[] connectionIds)
    {
        try
        {
            return await Connections(gatewayId).DescribeAsync(connectionIds).WaitAsync(ReadTimeout, _time);
        }
        catch (Exception failure)
        {
            // If one gateway is slow or dying, only its sessions lack fresh counters; the page is complete otherwise.
            LogNotDescribed(gatewayId, failure.Message);
            return [];
        }
    }

    private async Task<(SessionTotals Totals, StorageError? Error)> ReadTotalsAsync()
    {
        using var timeout = new CancellationTokenSource(ReadTimeout, _time);
        try
        {
            _lastTotals = await _queries.TotalsAsync(timeout.Token).WaitAsync(ReadTimeout, _time);
            _late.Remove(TotalsRead);
            return (_lastTotals, null);
        }
        catch (Exception failure) when (failure is StorageUnavailableException or TimeoutException or OperationCanceledException)
        {
            NoteTimeout(TotalsRead, failure);
            // A fault that stays may concern one table: the check, which reads another one, would not find it.
            var fault = _database.Health.Error is { Passes: false } lasting
                ? lasting
                : await _database.CheckWithinAsync(ReadTimeout, _time);
            return (_lastTotals, (fault ?? new StorageFault("failed to answer, and answers again")).ToError());
        }
    }

    private async Task<long> ErrorsAsync() => (await _stats.GetAsync()).Errors;

    /// <summary>Returns what is read, or what was last known when the storage fails or is late.</summary>
    private async Task<T> ReadAsync<T>(Task<T> read, string name, T lastKnown)
    {
        try
        {
            var value = await read.WaitAsync(ReadTimeout, _time);
            _late.Remove(name);
            return value;
        }
        catch (Exception failure) when (failure is StorageUnavailableException or TimeoutException)
        {
            NoteTimeout(name, failure);
            return lastKnown;
        }
    }

    private void NoteTimeout(string read, Exception failure)
    {
        if (failure is not StorageUnavailableException && _late.Add(read)) LogLate(read, ReadTimeout.TotalSeconds);
    }

    private Task AddTrafficAsync(CancellationToken cancellation)
    {
        _traffic.Add(_nodes.Current());
        return Task.CompletedTask;
    }

    [LoggerMessage(1501, LogLevel.Debug, "Gateway {GatewayId} did not return its sessions' counters: {Error}")]
    private partial void LogNotDescribed(string gatewayId, string error);

    [LoggerMessage(1504, LogLevel.Warning,
        "The storage did not return the grid's {Read} within {Seconds} s; the last known ones are reported until it does")]
    private partial void LogLate(string read, double seconds);
}
