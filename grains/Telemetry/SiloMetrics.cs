using System.Diagnostics.Metrics;
using NotifyHub.GrainInterfaces;
using NotifyHub.Hosting.Metrics;

namespace NotifyHub.Grains.Telemetry;

/// <summary>What a silo measures, as docs/telemetry.md lists it. Recorded once per commit or batch, never per message.</summary>
public sealed class SiloMetrics
{
    /// <summary>Values of <c>error.type</c>: the database may do it the next time, or fails until an operator acts.</summary>
    public const string StorageUnavailable = "storage_unavailable";
    public const string StorageBroken = "storage_broken";

    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private static readonly InstrumentAdvice<int> Counts = new()
    {
        HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000],
    };

    private readonly Histogram<int> _commitSize;
    private readonly Histogram<double> _commitDuration;
    private long _queued;
    private readonly Histogram<double> _feedDuration;
    private readonly Tally _feedFailures;
    private readonly Tally _feedDropped;
    private readonly Tally _gatewaysLost;
    private readonly Tally _storageFailures;
    private readonly Tally _scheduleRuns;
    private readonly Tally _logLosses;

    public SiloMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(Tally.MeterName);
        _commitSize = meter.CreateHistogram("notifyhub.commit.size", "{message}", "Messages of a group commit.", advice: Counts);
        _commitDuration = meter.CreateHistogram(
            "notifyhub.commit.duration", "s", "A group commit, one transaction of the database.", advice: Durations);
        meter.CreateObservableUpDownCounter(
            "notifyhub.publish.queue.size", () => Volatile.Read(ref _queued), "By", "Payload that waits for the database.");
        _feedDuration = meter.CreateHistogram(
            "notifyhub.feed.duration", "s", "Handing a batch to a gateway, until it has it.", advice: Durations);
        _feedFailures = new Tally(
            meter,
            "notifyhub.feed.failures",
            "{failure}",
            "Gateways that did not take a batch and were forgotten until they register again.");
        _feedDropped = new Tally(
            meter,
            "notifyhub.feed.dropped",
            "{message}",
            "Messages without retention that a gateway was too slow for.");
        _gatewaysLost = new Tally(
            meter,
            "notifyhub.gateway.losses",
            "{gateway}",
            "Gateways that fell silent and whose sessions were closed as errors.");
        _storageFailures = new Tally(
            meter, "notifyhub.storage.failures", "{failure}", "Calls that failed because the database did.",
            "error.type", StorageUnavailable, StorageBroken);
        _logLosses = new Tally(
            meter, "notifyhub.log.losses", "{loss}",
            "Times that the database turned out to have lost acknowledged messages of a channel.");
        _scheduleRuns = new Tally(
            meter, "notifyhub.schedule.runs", "{run}", "Runs of schedules, by what became of them.",
            "notifyhub.schedule.outcome", RunStatus.Sent, RunStatus.Skipped, RunStatus.Failed);
    }

    /// <param name="outcome">Of <see cref="RunStatus"/>: sent, skipped or failed.</param>
    public void ScheduleRan(string outcome, int runs) => _scheduleRuns.Add(outcome, runs);

    public void Committed(int messages, TimeSpan duration)
    {
        _commitSize.Record(messages);
        _commitDuration.Record(duration.TotalSeconds);
    }

    public void CommitFailed(string error, TimeSpan duration) =>
        _commitDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("error.type", error));

    /// <param name="bytes">More when positive, fewer when negative.</param>
    public void Queued(long bytes) => Interlocked.Add(ref _queued, bytes);

    public void Fed(TimeSpan duration) => _feedDuration.Record(duration.TotalSeconds);

    public void FeedFailed() => _feedFailures.Add(1);

    public void FeedDropped(int messages) => _feedDropped.Add(messages);

    public void GatewayLost() => _gatewaysLost.Add(1);

    public void LogLost() => _logLosses.Add(1);

    /// <param name="isBroken">It fails until an operator acts.</param>
    public void StorageFailed(bool isBroken) => _storageFailures.Add(isBroken ? StorageBroken : StorageUnavailable, 1);
}
