using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Sockets;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>
/// Reports the sessions that opened and closed here. Each report renews the gateway's lease, so one is sent at least once per
/// second. Gives the lease back at the end.
/// </summary>
internal sealed partial class SessionReporter(
    IGrainFactory grains,
    IGatewayObserver observer,
    GatewayNode node,
    NodeReports nodeReports,
    ClientRegistry clients,
    SenderPool senders,
    GridContact contact,
    GatewayMetrics metrics,
    TimeProvider time,
    ILogger<SessionReporter> logger)
    : Reporter<SessionReport>("session changes", ChangesInterval, time, logger)
{
    /// <summary>Sessions per report: 2 MB at most on the wire, and a transaction of a fraction of a second.</summary>
    public const int MaxPerReport = 5_000;

    /// <summary>Openings and closings wait no longer than this for their report, so that statistics are true within 2
    /// s.</summary>
    private static readonly TimeSpan ChangesInterval = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan RenewalInterval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = time;
    private readonly ILogger<SessionReporter> _logger = logger;
    private CompleteReport? _complete;
    private long? _reportedAt;
    private volatile bool _isStopping;
    private long _sent;
    private long _received;

    /// <summary>Reports the last ends and gives the lease back.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // The last report is due also without changes: it has the last counts of messages.
        _isStopping = true;
        await base.StopAsync(cancellationToken);
        if (IsFailing) return;
        try
        {
            await Task.WhenAll(Connections().ReleaseAsync(), grains.GetGrain<IStatsGrain>(GrainKeys.Only).RemoveAsync(node.Id))
                .WaitAsync(cancellationToken);
        }
        catch (Exception failure)
        {
            // The lease ends by itself then, and the sessions are closed as errors.
            LogNotReleased(GridCall.Describe(failure));
        }
    }

    // The first report at once: no client is accepted before it is answered.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RepeatAsync(stoppingToken);

    protected override SessionReport? Next(long number)
    {
        if (_complete is null && !IsDue()) return null;
        _reportedAt = _time.GetTimestamp();
        if (_complete is null && (number == 1 || clients.Changes.HasDropped)) _complete = NameAll([], []);
        var part = _complete?.Next();
        var (opened, closed) = part is null ? clients.Changes.Take(MaxPerReport) : (part.Opened, part.Closed);
        var (sent, received) = (senders.Sent, clients.Received);
        var report = new SessionReport(
            number, observer, nodeReports.Now(), Complete: part is not null, opened, closed,
            sent - _sent, received - _received, part?.After, part?.UpTo);
        (_sent, _received) = (sent, received);
        return report;
    }

    protected override async Task SendAsync(SessionReport report, CancellationToken cancellation)
    {
        LeaseAnswer answer;
        try
        {
            answer = await Connections().ReportAsync(report).WaitAsync(GridCall.Timeout, _time, cancellation);
        }
        catch when (!cancellation.IsCancellationRequested)
        {
            contact.NotReported();
            throw;
        }

        contact.Reported();
        if (answer.Unknown) Repeat(report);
        else if (_complete is { IsDone: true }) _complete = null;
        if (_complete is null) clients.Changes.MarkReported();
    }

    // The parts of a complete report follow each other at once: until the last one the grid's numbers are not right. At the end
    // there may be sessions that closed while its parts were sent.
    protected override bool HasMore(SessionReport report) =>
        _complete is not null || Count(report) >= MaxPerReport || (_isStopping && !clients.Changes.IsEmpty);

    protected override long CountWaiting() => clients.Changes.Count;

    protected override long Count(SessionReport report) => report.Opened.Length + report.Closed.Length;

    // Whatever the failure: without this report the lease ends.
    protected override bool MayRetry(Exception failure) => true;

    private bool IsDue() => _isStopping || !clients.Changes.IsEmpty
        || _reportedAt is not { } reportedAt || _time.GetElapsedTime(reportedAt) >= RenewalInterval;

    /// <summary>The grid does not know this gateway any more and did not take the report: it is sent again within a complete
    /// one.</summary>
    private void Repeat(SessionReport report)
    {
        metrics.LeaseLost();
        (_sent, _received) = (_sent - report.Sent, _received - report.Received);
        var rest = _complete?.Rest();
        _complete = NameAll([.. report.Opened, .. rest?.Opened ?? []], [.. report.Closed, .. rest?.Closed ?? []]);
    }

    private CompleteReport NameAll(SessionOpened[] opened, SessionClosed[] closed)
    {
        // Before the open sessions are read: a session that ends between the two has its end in a later report, behind its
        // beginning.
        var changes = clients.Changes.TakeAll();
        return new CompleteReport(
            clients.Open, [.. opened, .. changes.Opened], [.. closed, .. changes.Closed], changes.HasDropped, MaxPerReport);
    }

    private IConnectionGrain Connections() => grains.GetGrain<IConnectionGrain>(GrainKeys.Gateway(node.Id));

    [LoggerMessage(6401, LogLevel.Warning, "The lease could not be returned to the grid: {Error}")]
    private partial void LogNotReleased(string error);
}
