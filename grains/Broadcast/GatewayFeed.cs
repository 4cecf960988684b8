using System.Diagnostics;
using Microsoft.Extensions.Logging;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Telemetry;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// Sends a log's messages to one gateway with one batch in flight; its answer is both the backpressure and the sign of life.
/// What is committed meanwhile makes the next batch. A gateway that lags by more than the log keeps in memory is sent what
/// there is, sees the gap and reads the missing messages itself, so it does not slow the others down.
/// </summary>
internal sealed partial class GatewayFeed(
    string gatewayId, string log, IGatewayObserver observer, long sent, SiloMetrics metrics, TimeProvider time, ILogger logger)
{
    private const int MaxMessages = 10_000;
    private const int MaxBytes = 4 << 20;

    // Messages that are stored nowhere else.
    private readonly Queue<Message> _unstored = new();
    private long _unstoredBytes;
    private bool _isPumping;

    public IGatewayObserver Observer { get; } = observer;

    /// <summary>The gateway did not answer: it is to be forgotten until it registers again.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Takes messages that are not stored, for the next batch. A gateway that is too slow for them loses the
    /// oldest.</summary>
    public void Add(IReadOnlyList<Message> unstored)
    {
        var dropped = 0;
        foreach (var message in unstored)
        {
            _unstored.Enqueue(message);
            _unstoredBytes += RecentMessages.SizeOf(message);
            while (_unstored.Count > MaxMessages || (_unstoredBytes > MaxBytes && _unstored.Count > 1))
            {
                _unstoredBytes -= RecentMessages.SizeOf(_unstored.Dequeue());
                dropped++;
            }
        }

        if (dropped > 0) metrics.FeedDropped(dropped);
    }

    /// <summary>Sends until the gateway has everything. Does not throw; one at a time.</summary>
    /// <param name="next">The batch that follows an offset; without messages when there is nothing more.</param>
    public async Task PumpAsync(Func<long, int, int, MessageBatch> next)
    {
        if (_isPumping || HasFailed) return;
        _isPumping = true;
        // The batch brings its traces itself; this call belongs to none.
        Activity.Current = null;
        try
        {
            while (Next(next) is { } batch)
            {
                var begun = time.GetTimestamp();
                await Observer.DeliverAsync(batch);
                metrics.Fed(time.GetElapsedTime(begun));
                sent = batch.To;
            }
        }
        catch (Exception failure)
        {
            // Timed out, unreachable or gone: the gateway registers again with its next renewal and reads what it missed.
            HasFailed = true;
            metrics.FeedFailed();
            LogNotDelivered(failure, gatewayId, log);
        }
        finally
        {
            _isPumping = false;
        }
    }

    private MessageBatch? Next(Func<long, int, int, MessageBatch> next)
    {
        var batch = next(sent, MaxMessages, MaxBytes);
        if (_unstored.Count == 0) return batch.Messages.Length == 0 ? null : batch;
        batch = batch with { Messages = [.. batch.Messages, .. _unstored] };
        _unstored.Clear();
        _unstoredBytes = 0;
        return batch;
    }

    [LoggerMessage(601, LogLevel.Warning,
        "Gateway {GatewayId} did not accept a batch of log {Log}; it gets none until it registers again")]
    private partial void LogNotDelivered(Exception exception, string gatewayId, string log);
}
