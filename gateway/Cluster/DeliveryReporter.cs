using NotifyHub.Gateway.Api;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>Tells the grid once a second to how many clients messages were sent here. Nothing waits for it: while the silos are away the counts
/// wait, and past the bound of <see cref="DeliveryCounts"/> those of the oldest messages are dropped, which the log tells.</summary>
internal sealed partial class DeliveryReporter(
    IGrainFactory grains, GatewayNode node, DeliveryCounts counts, TimeProvider time, ILogger<DeliveryReporter> logger) : BackgroundService
{
    /// <summary>Of a report: as many rows at most are written in a transaction that publishes may have to wait for.</summary>
    public const int MaxRanges = 512;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private DeliveryReport? _unanswered;
    private long _sequence;
    private bool _isFailing;

    /// <summary>The clients have gone before: what is counted now is the rest.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TellAllAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TellAllAsync(stoppingToken);
            // Told when it is over, with how much it was.
            if (!_isFailing && counts.TakeDropped() is > 0 and var dropped) LogDropped(dropped);
        }
    }

    private async Task TellAllAsync(CancellationToken cancellation)
    {
        // Not until nothing is left: under load there is always something, and it waits for the next second.
        var isLast = false;
        while (!isLast)
        {
            if (_unanswered is null)
            {
                _unanswered = NextReport();
                isLast = _unanswered is not { Ranges.Length: MaxRanges };
            }

            if (_unanswered is not { } report) return;
            try
            {
                // A report without an answer is sent again as it was: its number tells the grid whether it has it already.
                await grains.GetGrain<INotificationGrain>(GrainKeys.Only).RecordDeliveriesAsync(report)
                    .WaitAsync(GridLink.Patience, time, cancellation);
                (_unanswered, _isFailing) = (null, false);
            }
            catch (Exception failure) when (failure is OperationCanceledException || FailureHandler.IsUnavailable(failure))
            {
                // Once when it begins: an outage of a minute is not sixty log lines.
                if (!_isFailing && failure is not OperationCanceledException) LogPutOff(failure.Message);
                _isFailing = true;
                return;
            }
            catch (Exception failure)
            {
                // It would fail for ever, and everything behind it would wait.
                LogRefused(failure, report.Ranges.Sum(range => range.Last - range.First + 1));
                _unanswered = null;
            }
        }
    }

    private DeliveryReport? NextReport()
    {
        var (epoch, ranges) = counts.Take(MaxRanges);
        return ranges.Length == 0 ? null : new DeliveryReport(node.Id, ++_sequence, epoch, ranges);
    }

    [LoggerMessage(LogLevel.Warning, "To how many clients {Messages} messages were sent is not counted: too much waits for the grid")]
    private partial void LogDropped(long messages);

    [LoggerMessage(LogLevel.Warning, "The count of deliveries waits: {Reason}")]
    private partial void LogPutOff(string reason);

    [LoggerMessage(LogLevel.Error, "To how many clients {Messages} messages were sent could not be counted")]
    private partial void LogRefused(Exception failure, long messages);
}
