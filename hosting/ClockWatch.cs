using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace NotifyHub.Hosting;

/// <summary>Logs when the system's clock is set, and repairs what Orleans measures by it with no way to give it another
/// clock.</summary>
public sealed partial class ClockWatch(
    IOptions<ConnectionOptions> connections, TimeProvider time, ILogger<ClockWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Threshold = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var steps = new ClockSteps(time);
        var retryDelay = connections.Value.ConnectionRetryDelay;
        var furthest = time.GetUtcNow();
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var step = steps.Next();
            if (step <= -Threshold) LogSetBack(-step);
            else if (step >= Threshold) LogSetAhead(step);

            // Orleans waits so long after a failure before it connects again, and remembers the failure by the time of day: one
            // that seems to lie in the future would keep this process from a silo until the clock has caught up.
            var now = time.GetUtcNow();
            if (now > furthest) furthest = now;
            connections.Value.ConnectionRetryDelay = retryDelay - (furthest - now);
        }
    }

    [LoggerMessage(101, LogLevel.Warning, "The system clock was set back by {Step}")]
    private partial void LogSetBack(TimeSpan step);

    [LoggerMessage(102, LogLevel.Warning, "The system clock was set ahead by {Step}")]
    private partial void LogSetAhead(TimeSpan step);
}
