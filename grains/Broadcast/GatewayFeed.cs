using System.Diagnostics;
using Microsoft.Extensions.Logging;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Telemetry;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// Sends a channel's messages to one gateway with one batch in flight; its answer is both the backpressure and the sign of life.
/// What is committed meanwhile makes the next batch. A gateway that lags by more than the channel keeps in memory is sent what
/// there is, sees the gap and reads the missing messages itself, so it does not slow the others down.
/// </summary>
internal sealed partial class GatewayFeed(
    string gatewayId, string channel, IGatewayObserver observer, long sent, SiloMetrics metrics, TimeProvider time,
    ILogger logger)
{
    private const int MaxMessages = 10_000;
    private const int MaxBytes = 4 << 20;

    private bool _isPumping;

    public IGatewayObserver Observer { get; } = observer;

    /// <summary>The gateway did not answer: it is to be forgotten until it registers again.</summary>
    public bool HasFailed { get; private set; }

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
            while (next(sent, MaxMessages, MaxBytes) is { Messages: [.., var last] } batch)
            {
                var begun = time.GetTimestamp();
                await Observer.DeliverAsync(batch);
                metrics.Fed(time.GetElapsedTime(begun));
                sent = last.Offset;
            }
        }
        catch (Exception failure)
        {
            // Timed out, unreachable or gone: the gateway registers again with its next renewal and reads what it missed.
            HasFailed = true;
            metrics.FeedFailed();
            LogNotDelivered(failure, gatewayId, channel);
        }
        finally
        {
            _isPumping = false;
        }
    }

    [LoggerMessage(601, LogLevel.Warning,
        "Gateway {GatewayId} did not accept a batch of channel {Channel}; it gets none until it registers again")]
    private partial void LogNotDelivered(Exception exception, string gatewayId, string channel);
}
