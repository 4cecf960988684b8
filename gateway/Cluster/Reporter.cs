using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Cluster;

/// <summary>
/// Sends reports of one kind to the grid, one at a time. A report has a number and is kept until it is answered: without an
/// answer it is sent again unchanged, and its number shows the grid whether it was taken already. Nothing waits for a report.
/// What is not in a report yet waits with its source, which bounds it.
/// </summary>
/// <remarks>A failure is logged when it begins and when it ends, not per try.</remarks>
internal abstract class Reporter<TReport> : BackgroundService
    where TReport : class
{
    private readonly string _items;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private TReport? _unanswered;
    private long _lastNumber;

    /// <param name="items">What is reported, in the plural, for the log.</param>
    /// <param name="interval">The time from one report to the next.</param>
    protected Reporter(string items, TimeSpan interval, TimeProvider time, ILogger logger) =>
        (_items, _interval, _time, _logger) = (items, interval, time, logger);

    /// <summary>The last report was not answered, or could not be made.</summary>
    protected bool IsFailing { get; private set; }

    /// <summary>Sends what is left. Whatever adds to the source must have stopped before.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        var isEmpty = await SendWaitingAsync(cancellationToken);
        ReportDropped();
        if (isEmpty) return;
        var lost = CountWaiting() + (_unanswered is { } report ? Count(report) : 0);
        if (lost > 0) ReporterLog.Lost(_logger, lost, _items);
    }

    /// <summary>The next report; null if there is nothing to report.</summary>
    protected abstract TReport? Next(long number);

    /// <summary>Sends a report and waits for the answer, <see cref="GridCall.Timeout"/> at most.</summary>
    protected abstract Task SendAsync(TReport report, CancellationToken cancellation);

    /// <summary>The next report follows the answer to this one without delay, because this one had no room for all that
    /// waited.</summary>
    protected abstract bool HasMore(TReport report);

    /// <summary>The number of items in a report.</summary>
    protected abstract long Count(TReport report);

    /// <summary>The number of items that wait for a report.</summary>
    protected virtual long CountWaiting() => 0;

    /// <summary>The number of items that the source has dropped since the last call, because too many waited.</summary>
    protected virtual long TakeDropped() => 0;

    /// <summary>The report is to be sent again after this failure. Otherwise it is given up, since it would fail for
    /// ever. A broken storage is an outage too: an operator may repair it, and the report is still needed then.</summary>
    protected virtual bool MayRetry(Exception failure) => GridCall.IsOutage(failure);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(_interval, _time, stoppingToken);
        await RepeatAsync(stoppingToken);
    }

    protected Task RepeatAsync(CancellationToken stoppingToken) => new RepeatedCall(_interval, _time).RunAsync(
        async cancellation =>
        {
            try
            {
                var isAnswered = await SendWaitingAsync(cancellation);
                // Logged when an outage is over, with the whole number.
                if (isAnswered) ReportDropped();
                return isAnswered;
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested)
            {
                // A fault in making a report must not end the gateway, and its clients with it.
                if (!IsFailing) ReporterLog.NotMade(_logger, failure, _items);
                IsFailing = true;
                return false;
            }
        },
        stoppingToken);

    /// <summary>Sends reports until nothing is left. False: a report was not answered.</summary>
    private async Task<bool> SendWaitingAsync(CancellationToken cancellation)
    {
        bool hasMore;
        do
        {
            var isRepeated = _unanswered is not null;
            if (!isRepeated && (_unanswered = Next(_lastNumber + 1)) is not null) _lastNumber++;
            if (_unanswered is not { } report) return true;
            if (!await TrySendAsync(report, cancellation)) return false;
            _unanswered = null;
            // While a report is repeated, more comes to wait. Otherwise not until nothing waits: under load something always
            // does.
            hasMore = isRepeated || HasMore(report);
        }
        while (hasMore);
        return true;
    }

    /// <summary>False: the report was not answered and is to be sent again.</summary>
    private async Task<bool> TrySendAsync(TReport report, CancellationToken cancellation)
    {
        try
        {
            await SendAsync(report, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception failure) when (MayRetry(failure))
        {
            if (!IsFailing) ReporterLog.Unanswered(_logger, _items, GridCall.Describe(failure));
            IsFailing = true;
            return false;
        }
        catch (Exception failure)
        {
            ReporterLog.Refused(_logger, failure, Count(report), _items);
        }

        if (IsFailing) ReporterLog.AnsweredAgain(_logger, _items);
        IsFailing = false;
        return true;
    }

    private void ReportDropped()
    {
        if (TakeDropped() is > 0 and var dropped) ReporterLog.Dropped(_logger, dropped, _items);
    }
}
