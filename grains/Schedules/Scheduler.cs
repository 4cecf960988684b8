using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Telemetry;

namespace NotifyHub.Grains.Schedules;

/// <summary>
/// Carries out what is due. A run is claimed first, in the transaction that moves its schedule on, so that exactly one of any
/// number of schedulers has it; then published under an idempotency key; then finished. Wherever the process dies in between, the
/// next one finds the claim and publishes under the same key, so nothing is published twice.
/// </summary>
public sealed partial class Scheduler(
    ScheduleStore store, SiloMetrics metrics, IOptions<SiloOptions> options, TimeProvider time, ILogger<Scheduler> logger)
{
    /// <summary>How many missed runs of a schedule are sent, newest first; older ones are skipped.</summary>
    public const int MaxCaughtUp = 100;

    /// <summary>How many missed runs of a schedule are recorded, newest first.</summary>
    public const int MaxRecorded = 1_000;

    // A claim transaction stays short, and the publishes of one round fit one commit of the channel.
    private const int MaxClaims = 100;
    private const int MaxPublishes = 500;

    /// <summary>How long a claimed run is retried: within the life of its idempotency key, so no retry sends it twice.</summary>
    private static readonly TimeSpan GiveUpAfter = PublishKeyStore.Lifetime - TimeSpan.FromHours(1);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly SiloOptions _options = options.Value;

    /// <summary>Claims and carries out what is due. Returns when to call it again, at the latest.</summary>
    public async Task<DateTimeOffset> RunDueAsync(Func<PublishBatch, Task<PublishResult>> publish, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var due = await store.DueAsync(now, MaxClaims, cancellation);
        var claims = due.Select(schedule => TryClaim(schedule, now)).OfType<ScheduleClaim>().ToArray();
        if (claims.Length > 0) await store.ClaimAsync(claims, now, cancellation);
        metrics.ScheduleRan(RunStatus.Skipped, claims.Sum(claim => claim.Runs.Count(run => run.Status == RunStatus.Skipped)));

        var open = await store.OpenRunsAsync(MaxPublishes, cancellation);
        if (!await CarryOutAsync(open, publish, cancellation)) return now + RetryAfter;
        if (open.Length == MaxPublishes) return now;
        return await store.NextDueAsync(cancellation) ?? DateTimeOffset.MaxValue;
    }

    /// <summary>After the clock was set back: recomputes next runs that lie too far ahead. Runs that were sent are not sent
    /// again.</summary>
    public async Task RewindAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var moved = await store.RewindAsync(now, TryNext, cancellation);
        if (moved > 0) LogRewound(moved);

        DateTimeOffset? TryNext(Schedule schedule)
        {
            try
            {
                return Recurrence.Next(schedule.Draft, now);
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                LogNotUnderstood(fault, schedule.Id);
                return null;
            }
        }
    }

    /// <summary>Carries out one run that was just claimed by hand. Its outcome is known when this returns.</summary>
    public async Task<ScheduleRun> RunNowAsync(
        OpenRun open, Func<PublishBatch, Task<PublishResult>> publish, CancellationToken cancellation)
    {
        var finished = await PublishAsync(open, publish);
        await store.FinishAsync([finished], cancellation);
        metrics.ScheduleRan(finished.Status, 1);
        return finished;
    }

    /// <summary>What to do with a schedule that is due. Null: its next run cannot be computed here, which is logged.</summary>
    private ScheduleClaim? TryClaim(Schedule schedule, DateTimeOffset now)
    {
        try
        {
            // What is older would not outlive the next sweep of the history.
            var oldest = now - _options.HistoryAge;
            var first = schedule.NextRunAt > oldest ? schedule.NextRunAt.Value : oldest;
            var times = new Queue<DateTimeOffset>();
            foreach (var each in Recurrence.Between(schedule.Draft, first, now))
            {
                times.Enqueue(each);
                if (times.Count > MaxRecorded) times.Dequeue();
            }

            var runs = times.Select((each, index) => Planned(schedule, each, times.Count - index, now)).ToArray();
            return new ScheduleClaim(schedule, runs, Recurrence.Next(schedule.Draft, now));
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // A time zone that this machine does not know, for example: the other schedules must not wait for it.
            LogNotUnderstood(fault, schedule.Id);
            return null;
        }
    }

    /// <param name="fromEnd">1: the newest.</param>
    private PlannedRun Planned(Schedule schedule, DateTimeOffset scheduledFor, int fromEnd, DateTimeOffset now)
    {
        if (now - scheduledFor <= _options.ScheduleGrace)
            return new PlannedRun(scheduledFor, RunCause.Schedule, RunStatus.Started);
        if (schedule.Draft.Missed == MissedRuns.Skip) return new PlannedRun(scheduledFor, RunCause.Schedule, RunStatus.Skipped);
        return new PlannedRun(scheduledFor, RunCause.CatchUp, fromEnd <= MaxCaughtUp ? RunStatus.Started : RunStatus.Skipped);
    }

    /// <summary>Runs of one schedule go one after the other, different schedules in parallel. False: some must be tried
    /// again.</summary>
    private async Task<bool> CarryOutAsync(
        OpenRun[] open, Func<PublishBatch, Task<PublishResult>> publish, CancellationToken cancellation)
    {
        var finished = await Task.WhenAll(open
            .GroupBy(each => each.Run.ScheduleId)
            .Select(group => CarryOutInOrderAsync([.. group], publish)));
        var runs = finished.SelectMany(each => each).ToArray();
        if (runs.Length > 0) await store.FinishAsync(runs, cancellation);
        foreach (var run in runs) metrics.ScheduleRan(run.Status, 1);
        return runs.Length == open.Length;
    }

    private async Task<List<ScheduleRun>> CarryOutInOrderAsync(OpenRun[] open, Func<PublishBatch, Task<PublishResult>> publish)
    {
        List<ScheduleRun> finished = [];
        try
        {
            foreach (var each in open) finished.Add(await PublishAsync(each, publish));
        }
        catch (Exception fault) when (TransientFailure.IsOutage(fault))
        {
            LogPutOff(open[0].Run.ScheduleId, fault.Message);
        }

        return finished;
    }

    private async Task<ScheduleRun> PublishAsync(OpenRun open, Func<PublishBatch, Task<PublishResult>> publish)
    {
        var run = open.Run;
        if (time.GetUtcNow() - run.StartedAt > GiveUpAfter)
            return run with { Status = RunStatus.Failed, Error = "The notification could not be published in time." };

        try
        {
            var draft = Draft.Of(open.Notification with { CreatedAt = run.StartedAt });
            var result = await publish(new PublishBatch([draft], open.Key));
            return run with { Status = RunStatus.Sent, NotificationId = result.FirstOffset };
        }
        catch (Exception fault) when (!TransientFailure.IsOutage(fault))
        {
            LogFailed(fault, run.ScheduleId);
            return run with { Status = RunStatus.Failed, Error = "The notification could not be published." };
        }
    }

    [LoggerMessage(1201, LogLevel.Information,
        "The clock was set back: the next run of {Schedules} schedules is earlier than planned")]
    private partial void LogRewound(int schedules);

    [LoggerMessage(1202, LogLevel.Error, "The next run of schedule {Id} could not be computed")]
    private partial void LogNotUnderstood(Exception exception, long id);

    [LoggerMessage(1203, LogLevel.Warning, "A run of schedule {Id} is postponed: {Error}")]
    private partial void LogPutOff(long id, string error);

    [LoggerMessage(1204, LogLevel.Error, "A run of schedule {Id} failed")]
    private partial void LogFailed(Exception exception, long id);
}
