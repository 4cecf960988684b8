using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Sockets;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>
/// The gateway's standing with the grid. It registers with the channel and the service again and again, because whoever remembers it may
/// forget; reports its sessions in batches, which renews its lease; and says goodbye at the end.
/// </summary>
public sealed partial class GridLink : BackgroundService
{
    /// <summary>Openings and closings wait no longer than this for their report, so that stats are true within 2 s.</summary>
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(1);

    /// <summary>A call to a silo that has died is lost without a word: it is made again while the lease still runs. All of them may be
    /// repeated without harm.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    /// <summary>Sessions a report: some 2 MB at most on the wire, and a transaction of a fraction of a second.</summary>
    internal const int MostPerReport = 5_000;

    private readonly IGrainFactory _grains;
    private readonly GatewayNode _node;
    private readonly ChannelFollower _follower;
    private readonly ServiceSwitch _service;
    private readonly Clients _clients;
    private readonly DeliveryTimes _times;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<GridLink> _logger;
    private readonly ProcessUsage _usage;
    private readonly string _role;

    // Kept here for its whole life: Orleans holds observers weakly, and a collected one is silently deaf.
    private readonly GatewayObserver _observer;
    private readonly IGatewayObserver _reference;

    private readonly Duty _standing = new();
    private readonly Duty _reporting = new();
    private SessionReport? _unanswered;
    private CompleteReport? _complete;
    private long _sequence;
    private long _sentReported;
    private long _receivedReported;

    public GridLink(
        IGrainFactory grains,
        GatewayNode node,
        ChannelFollower follower,
        ServiceSwitch service,
        Clients clients,
        DeliveryTimes times,
        GatewayMetrics metrics,
        GatewayObserver observer,
        IOptions<GatewayOptions> options,
        TimeProvider time,
        ILogger<GridLink> logger)
    {
        (_grains, _node, _follower, _service, _clients, _times, _metrics, _observer, _time, _logger) =
            (grains, node, follower, service, clients, times, metrics, observer, time, logger);
        _role = options.Value.Mode == GatewayMode.Embedded ? "embedded" : "gateway";
        _usage = new ProcessUsage(time);
        _reference = grains.CreateObjectReference<IGatewayObserver>(observer);
        follower.HasClients = () => clients.Count > 0;
        metrics.ObserveGrid(() => Reachable, () => follower.Log?.Head ?? 0);
    }

    /// <summary>Completes when the grid was reached and its wanted state is in effect here for the first time; fails when that cannot
    /// be had in this process (a port is taken).</summary>
    public Task FirstContact => Task.WhenAll(_standing.First.Task, _reporting.First.Task);

    /// <summary>Says goodbye: the last ends are reported, the lease is given back.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // Until now it has stood with the grid as ever: a drain takes longer than a lease.
        await base.StopAsync(cancellationToken);
        try
        {
            // The first may be the repetition of one that was interrupted; and a report takes only so many ends. What is not said now
            // is taken for lost with the gateway.
            do await ReportAsync(cancellationToken);
            while (!_clients.Changes.IsEmpty);
            await Task.WhenAll(
                ConnectionGrain().ReleaseAsync(),
                _follower.LeaveAsync(),
                _grains.GetGrain<IServiceGrain>(GrainKeys.Only).UnsubscribeAsync(_node.Id),
                _grains.GetGrain<IStatsGrain>(GrainKeys.Only).RemoveAsync(_node.Id)).WaitAsync(cancellationToken);
        }
        catch (Exception e)
        {
            // The lease ends by itself then, and the sessions are closed as errors.
            LogNoGoodbye(e.Message);
        }
    }

    /// <summary>Two duties, and neither waits for the other: while the channel moves from a silo that died, the lease must be renewed, or
    /// clients that are alive would be closed as errors.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        KeepAsync(_standing, RenewAsync, isUrgent: () => false, stoppingToken),
        KeepAsync(_reporting, ReportAsync, isUrgent: () => !_clients.Changes.IsEmpty, stoppingToken));

    private async Task KeepAsync(Duty duty, Func<CancellationToken, Task> perform, Func<bool> isUrgent, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(ReportInterval, _time);
        long? begun = null;
        do
        {
            if (begun is { } before && _time.GetElapsedTime(before) < RenewInterval && !isUrgent()) continue;
            begun = _time.GetTimestamp();
            try
            {
                await perform(stoppingToken);
                duty.First.TrySetResult();
                var wasReachable = Reachable;
                duty.Done = true;
                if (Reachable && !wasReachable) LogReachable();
                _node.GridReachable = Reachable;
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                if (e is IOException) duty.First.TrySetException(e);
                // Once when it begins: an outage of a minute is not sixty log lines.
                if (Reachable) LogUnreachable(e is ArgumentException ? "no silo has answered yet" : e.Message.Split('\n')[0].Trim());
                duty.Done = false;
                _node.GridReachable = false;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private bool Reachable => _standing.Done && _reporting.Done;

    private async Task RenewAsync(CancellationToken cancellation)
    {
        var state = _grains.GetGrain<IServiceGrain>(GrainKeys.Only).SubscribeAsync(_node.Id, _reference)
            .WaitAsync(Patience, _time, cancellation);
        await _follower.RenewAsync(_reference, cancellation);
        // Only with the channel known is anybody let in.
        await _service.ApplyAsync(await state, cancellation);
    }

    private async Task ReportAsync(CancellationToken cancellation)
    {
        // A complete report in one go, each part as soon as the one before is stored: until its end the grid's numbers are not right.
        do
        {
            // A report without an answer is sent again as it was: its number tells the grain whether it has it already.
            _unanswered ??= NextReport();
            var answer = await ConnectionGrain().ReportAsync(_unanswered).WaitAsync(Patience, _time, cancellation);
            if (answer.Unknown) Refuse(_unanswered);
            else if (_complete is { IsTold: true }) _complete = null;
            if (_complete is null) _clients.Changes.MarkReported();
            _unanswered = null;
        }
        while (_complete is not null);
    }

    private SessionReport NextReport()
    {
        if (_complete is null && (_sequence == 0 || _clients.Changes.HasDropped)) _complete = TellAll([], []);
        var part = _complete?.Next();
        var (opened, closed) = part is null ? _clients.Changes.Take(MostPerReport) : (part.Opened, part.Closed);
        var (sent, received) = (_clients.Sent, _clients.Received);
        var report = new SessionReport(
            ++_sequence, _reference, Node(), Complete: part is not null, opened, closed,
            sent - _sentReported, received - _receivedReported, part?.After, part?.UpTo);
        (_sentReported, _receivedReported) = (sent, received);
        return report;
    }

    /// <summary>The report was not taken, for nobody knows this gateway any more: what it said is said again, with all the rest.</summary>
    private void Refuse(SessionReport report)
    {
        _metrics.LeaseLost();
        (_sentReported, _receivedReported) = (_sentReported - report.Sent, _receivedReported - report.Received);
        var rest = _complete?.Rest();
        _complete = TellAll([.. report.Opened, .. rest?.Opened ?? []], [.. report.Closed, .. rest?.Closed ?? []]);
    }

    private CompleteReport TellAll(SessionOpened[] opened, SessionClosed[] closed)
    {
        // Before it is asked who is open: whoever goes between the two has its end behind its beginning all the same, in a later report.
        var changes = _clients.Changes.TakeAll();
        return new CompleteReport(
            _clients.Open, [.. opened, .. changes.Opened], [.. closed, .. changes.Closed], changes.HasDropped, MostPerReport);
    }

    private NodeReport Node() => new(
        _node.Id, _role, $"{Environment.MachineName}:{_node.WebSocketPort}", Environment.ProcessId,
        _usage.CpuPercent(), ProcessUsage.MemoryPercent(), _clients.Count, _usage.StartedAt(),
        new Traffic(_follower.Log?.Head ?? -1, _clients.Delivered, _times.Counts()));

    private IConnectionGrain ConnectionGrain() => _grains.GetGrain<IConnectionGrain>(GrainKeys.Gateway(_node.Id));

    /// <summary>Something that is done again and again as long as the gateway lives.</summary>
    private sealed class Duty
    {
        public TaskCompletionSource First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The last try went well, or there was none yet.</summary>
        public bool Done { get; set; } = true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The grid cannot be reached: {Fault}. Clients stay; trying again every second")]
    private partial void LogUnreachable(string fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "The grid can be reached again")]
    private partial void LogReachable();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Could not say goodbye to the grid: {Fault}")]
    private partial void LogNoGoodbye(string fault);
}
