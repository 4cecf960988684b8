using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Schedules;
using NotifyHub.Grains.Storage;
using NotifyHub.Grains.Telemetry;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Schedules.ScheduleSamples;

namespace NotifyHub.GrainTests.Schedules;

public sealed class SqliteSchedulerTests() : SchedulerTests(null);

public sealed class PostgresSchedulerTests(PostgresServer server) : SchedulerTests(server);

public abstract class SchedulerTests(PostgresServer? server) : StoreTest(server)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // What the channel remembers: a key that was used before publishes nothing.
    private readonly Dictionary<string, long> _published = [];
    private readonly List<PublishBatch> _calls = [];
    private readonly SiloMetrics _metrics =
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());

    private Exception? Fault { get; set; }

    private ScheduleStore Store => field ??= new ScheduleStore(Database, Clock);

    [Fact]
    public async Task What_is_asked_for_once_is_sent_at_its_time_and_then_finished()
    {
        var at = Clock.GetUtcNow() + Minute;
        var made = await Store.AddAsync(Once(at), "ann", Cancellation);
        Assert.Equal((ScheduleStatus.Active, at, "ann"), (made.Status, made.NextRunAt, made.CreatedBy));

        Assert.Equal(at, await RunDueAsync());
        Assert.Empty(_calls);
        Clock.Advance(Minute);
        Assert.Equal(DateTimeOffset.MaxValue, await RunDueAsync());
        await RunDueAsync();

        var call = Assert.Single(_calls);
        Assert.Equal($"schedule/{made.Id}/{at.ToUnixTimeMilliseconds()}", call.IdempotencyKey);
        Assert.Equal(Content with { CreatedAt = at }, Assert.Single(call.Drafts).Fields);
        var schedule = (await Store.GetAsync(made.Id, Cancellation))!;
        Assert.Equal(
            (ScheduleStatus.Finished, null, at, RunStatus.Sent),
            (schedule.Status, schedule.NextRunAt, schedule.LastRunAt, schedule.LastRunStatus));
        Assert.Equal(
            [(at, at, RunCause.Schedule, RunStatus.Sent, (long?)1, (string?)null)],
            (await RunsAsync(made.Id)).Select(run =>
                (run.ScheduledFor, run.StartedAt, run.Cause, run.Status, run.NotificationId, run.Error)));
    }

    [Fact]
    public async Task Cron_goes_on_from_run_to_run()
    {
        var id = (await Store.AddAsync(Cron("*/5 * * * *"), "ann", Cancellation)).Id;
        for (var minute = 0; minute < 12; minute++)
        {
            Clock.Advance(Minute);
            await RunDueAsync();
        }

        Assert.Equal(["12:10", "12:05"], (await RunsAsync(id)).Select(run => $"{run.ScheduledFor:HH:mm}"));
        Assert.Equal(2, _published.Count);
        Assert.Equal(Clock.GetUtcNow() + 3 * Minute, (await Store.GetAsync(id, Cancellation))!.NextRunAt);
    }

    [Fact]
    public async Task Late_runs_are_sent_missed_ones_skipped_or_caught_up()
    {
        var skips = (await Store.AddAsync(Cron("*/10 * * * *"), "ann", Cancellation)).Id;
        var catchesUp = (await Store.AddAsync(Cron("*/10 * * * *", MissedRuns.CatchUp), "ann", Cancellation)).Id;
        Clock.Advance(40 * Minute + TimeSpan.FromSeconds(59));
        await RunDueAsync();

        Assert.Equal(
            [
                ("12:40", RunCause.Schedule, RunStatus.Sent),
                ("12:30", RunCause.Schedule, RunStatus.Skipped),
                ("12:20", RunCause.Schedule, RunStatus.Skipped),
                ("12:10", RunCause.Schedule, RunStatus.Skipped),
            ],
            (await RunsAsync(skips)).Select(run => ($"{run.ScheduledFor:HH:mm}", run.Cause, run.Status)));
        Assert.Equal(
            [
                ("12:40", RunCause.Schedule, RunStatus.Sent),
                ("12:30", RunCause.CatchUp, RunStatus.Sent),
                ("12:20", RunCause.CatchUp, RunStatus.Sent),
                ("12:10", RunCause.CatchUp, RunStatus.Sent),
            ],
            (await RunsAsync(catchesUp)).Select(run => ($"{run.ScheduledFor:HH:mm}", run.Cause, run.Status)));
        Assert.Equal(5, _published.Count);
        // What is caught up with goes out in its order.
        var caughtUp = _calls.Select(call => call.IdempotencyKey!)
            .Where(key => key.StartsWith($"schedule/{catchesUp}/", StringComparison.Ordinal)).ToArray();
        Assert.Equal(caughtUp.Order(StringComparer.Ordinal), caughtUp);
    }

    [Fact]
    public async Task Of_very_many_missed_runs_only_the_newest_are_caught_up_and_recorded()
    {
        var id = (await Store.AddAsync(Cron("* * * * *", MissedRuns.CatchUp), "ann", Cancellation)).Id;
        Clock.Advance(TimeSpan.FromDays(100));
        await RunDueAsync();

        var runs = await RunsAsync(id, 500);
        Assert.Equal(Scheduler.MaxRecorded, (await Store.RunsAsync(id, 1, 1, Cancellation))!.Total);
        // Two are late by no more than the grace: the one of this minute, and that of the minute before.
        Assert.Equal(Scheduler.MaxCaughtUp, runs.Count(run => run.Status == RunStatus.Sent));
        Assert.All(runs.Take(Scheduler.MaxCaughtUp), run => Assert.Equal(RunStatus.Sent, run.Status));
        Assert.Equal(Scheduler.MaxCaughtUp, _published.Count);
        Assert.Equal(Clock.GetUtcNow() + Minute, (await Store.GetAsync(id, Cancellation))!.NextRunAt);
    }

    [Fact]
    public async Task Of_schedulers_that_meet_each_run_is_one_ones()
    {
        List<long> ids = [];
        for (var i = 0; i < 30; i++)
            ids.Add((await Store.AddAsync(Cron("* * * * *", MissedRuns.CatchUp), "ann", Cancellation)).Id);
        Clock.Advance(5 * Minute);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var another = new ScheduleStore(Database, Clock);
            await RunDueAsync(another);
        }));
        await RunDueAsync();

        Assert.Equal(30 * 5, _published.Count);
        foreach (var id in ids)
            Assert.Equal([1, 2, 3, 4, 5], (await RunsAsync(id)).Select(run => run.ScheduledFor.Minute).Reverse());
    }

    [Fact]
    public async Task A_claimed_run_of_a_dead_silo_is_sent_once()
    {
        var id = (await Store.AddAsync(Once(Clock.GetUtcNow() + Minute), "ann", Cancellation)).Id;
        Clock.Advance(Minute);
        // Published, but the answer is lost: as when the process dies between the publish and its record.
        Fault = new TimeoutException();
        Assert.Equal(Clock.GetUtcNow() + TimeSpan.FromSeconds(1), await RunDueAsync());
        Assert.Empty(await RunsAsync(id));

        Fault = null;
        Clock.Advance(10 * Minute);
        await RunDueAsync(new ScheduleStore(Database, Clock));

        Assert.Equal(2, _calls.Count);
        Assert.Single(_published);
        Assert.Equal((RunStatus.Sent, 1L), (await RunsAsync(id)).Select(run => (run.Status, run.NotificationId!.Value)).Single());
    }

    [Fact]
    public async Task An_unpublishable_run_fails_and_one_past_its_key_is_not_retried()
    {
        var first = (await Store.AddAsync(Once(Clock.GetUtcNow() + Minute), "ann", Cancellation)).Id;
        Clock.Advance(Minute);
        Fault = new InvalidOperationException("secret inside");
        await RunDueAsync();
        var failed = Assert.Single(await RunsAsync(first));
        Assert.Equal(
            (RunStatus.Failed, null, "The notification could not be published."),
            (failed.Status, failed.NotificationId, failed.Error));
        Assert.Equal(RunStatus.Failed, (await Store.GetAsync(first, Cancellation))!.LastRunStatus);

        var second = (await Store.AddAsync(Once(Clock.GetUtcNow() + Minute), "ann", Cancellation)).Id;
        Clock.Advance(Minute);
        Fault = new StorageUnavailableException();
        await RunDueAsync();
        Clock.Advance(PublishKeyStore.Lifetime);
        Fault = null;
        await RunDueAsync();
        Assert.Equal(
            (RunStatus.Failed, "The notification could not be published in time."),
            (await RunsAsync(second)).Select(run => (run.Status, run.Error!)).Single());
    }

    [Fact]
    public async Task What_is_paused_deleted_or_replaced_does_not_run_as_it_would_have()
    {
        var soon = Clock.GetUtcNow() + Minute;
        var paused = (await Store.AddAsync(Cron("* * * * *", MissedRuns.CatchUp), "ann", Cancellation)).Id;
        var deleted = (await Store.AddAsync(Once(soon), "ann", Cancellation)).Id;
        var replaced = (await Store.AddAsync(Once(soon), "ann", Cancellation)).Id;
        Assert.Null((await Store.PauseAsync(paused, Cancellation))!.NextRunAt);
        Assert.True(await Store.DeleteAsync(deleted, Cancellation));
        Assert.Equal(soon + Minute, (await Store.ReplaceAsync(replaced, Once(soon + Minute), Cancellation))!.NextRunAt);

        Clock.Advance(Minute + TimeSpan.FromSeconds(1));
        await RunDueAsync();
        Assert.Empty(_calls);

        Assert.Equal(soon + Minute, (await Store.ResumeAsync(paused, Cancellation))!.NextRunAt);
        Clock.Advance(Minute);
        await RunDueAsync();
        Assert.Equal(2, _published.Count);
        Assert.Equal(ScheduleStatus.Finished, (await Store.PauseAsync(replaced, Cancellation))!.Status);
        var again = await Store.ReplaceAsync(replaced, Once(Clock.GetUtcNow() + Minute), Cancellation);
        Assert.Equal(ScheduleStatus.Active, again!.Status);
        Assert.Null(await Store.PauseAsync(deleted, Cancellation));
        Assert.Null(await Store.RunsAsync(deleted, 1, 10, Cancellation));
    }

    [Fact]
    public async Task A_pause_that_outlives_its_run_ends_as_finished_only_when_replaced()
    {
        var id = (await Store.AddAsync(Once(Clock.GetUtcNow() + Minute), "ann", Cancellation)).Id;
        await Store.PauseAsync(id, Cancellation);
        Clock.Advance(2 * Minute);
        var resumed = await Store.ResumeAsync(id, Cancellation);
        Assert.Equal(
            (ScheduleStatus.Paused, null), (resumed!.Status, (await Store.GetAsync(id, Cancellation))!.NextRunAt));
        var replaced = await Store.ReplaceAsync(id, Once(Clock.GetUtcNow() + Minute), Cancellation);
        Assert.Equal(ScheduleStatus.Paused, replaced!.Status);
        Assert.Equal(ScheduleStatus.Active, (await Store.ResumeAsync(id, Cancellation))!.Status);
    }

    [Fact]
    public async Task A_run_by_hand_does_not_move_the_next_one_and_can_be_repeated()
    {
        var made = await Store.AddAsync(Once(Clock.GetUtcNow() + Minute), "ann", Cancellation);
        for (var i = 0; i < 2; i++)
        {
            var open = (await Store.ClaimByHandAsync(made.Id, Cancellation))!;
            var run = await SchedulerOf(Store).RunNowAsync(open, PublishAsync, Cancellation);
            Assert.Equal((RunCause.Manual, RunStatus.Sent, i + 1L), (run.Cause, run.Status, run.NotificationId!.Value));
        }

        Assert.Null(await Store.ClaimByHandAsync(99, Cancellation));
        Assert.Equal(made.NextRunAt, (await Store.GetAsync(made.Id, Cancellation))!.NextRunAt);
        Assert.Equal(2, (await RunsAsync(made.Id)).Length);
    }

    [Fact]
    public async Task A_schedule_that_is_not_understood_does_not_hold_up_the_others()
    {
        await Store.AddAsync(Cron("* * * * *"), "ann", Cancellation);
        await Database.WriteAsync(
            async (connection, transaction) =>
            {
                await using var command = connection.CreateCommand();
                command.Transaction = transaction;
                command.CommandText = "UPDATE schedule SET time_zone = 'Mars/Base'";
                return await command.ExecuteNonQueryAsync(Cancellation);
            },
            Cancellation);
        var good = (await Store.AddAsync(Cron("* * * * *"), "ann", Cancellation)).Id;
        Clock.Advance(Minute);
        await RunDueAsync();
        Assert.Single(await RunsAsync(good));
    }

    [Fact]
    public async Task Schedules_are_found_by_status_name_or_title_and_old_runs_are_swept()
    {
        var at = Clock.GetUtcNow() + Minute;
        for (var i = 0; i < 3; i++) await Store.AddAsync(Once(at, name: $"number {i}"), "ann", Cancellation);
        await Store.PauseAsync(2, Cancellation);

        Assert.Equal([3, 2], (await ListAsync(null, null, 2)).Schedules.Select(one => one.Id));
        Assert.Equal((3, 1, 3, 1, 0), (
            (await ListAsync(null, null, 2)).Total, (await ListAsync("paused", null)).Total, (await ListAsync(null, "標")).Total,
            (await ListAsync(null, "NUMBER 1")).Total, (await ListAsync("finished", "number")).Total));

        Clock.Advance(Minute);
        await RunDueAsync();
        Assert.Equal(0, await Store.SweepAsync(Clock.GetUtcNow(), Cancellation));
        Assert.Equal(2, await Store.SweepAsync(Clock.GetUtcNow() + Minute, Cancellation));
        Assert.Empty(await RunsAsync(1));

        Task<SchedulePage> ListAsync(string? status, string? search, int limit = 50) =>
            Store.ListAsync(new ScheduleQuery(status, search, 1, limit), Cancellation);
    }

    [Fact]
    public async Task After_a_clock_ahead_runs_are_recomputed_and_none_repeats()
    {
        var skips = (await Store.AddAsync(Cron("*/10 * * * *"), "ann", Cancellation)).Id;
        var catchesUp = (await Store.AddAsync(Cron("*/10 * * * *", MissedRuns.CatchUp), "ann", Cancellation)).Id;
        var once = (await Store.AddAsync(Once(Clock.GetUtcNow() + 20 * Minute), "ann", Cancellation)).Id;
        var noon = Clock.GetUtcNow();
        Clock.Advance(40 * Minute + TimeSpan.FromSeconds(30));
        await RunDueAsync();
        Assert.Equal(ScheduleStatus.Finished, (await Store.GetAsync(once, Cancellation))!.Status);
        var sent = _published.Count;

        Clock.AdjustTime(noon + Minute);
        await SchedulerOf(Store).RewindAsync(Cancellation);
        var rewound = (await Store.GetAsync(skips, Cancellation))!;
        Assert.Equal((noon + 10 * Minute, Clock.GetUtcNow()), (rewound.NextRunAt, rewound.LastRunAt));
        Assert.Equal(noon + 10 * Minute, (await Store.GetAsync(catchesUp, Cancellation))!.NextRunAt);
        var taken = (await Store.GetAsync(once, Cancellation))!;
        Assert.Equal((ScheduleStatus.Active, noon + 20 * Minute), (taken.Status, taken.NextRunAt));

        for (var minute = 1; minute < 50; minute++)
        {
            Clock.Advance(Minute);
            await RunDueAsync();
        }

        Assert.Equal(
            [
                ("12:50", RunStatus.Sent),
                ("12:40", RunStatus.Sent),
                ("12:30", RunStatus.Sent),
                ("12:20", RunStatus.Sent),
                ("12:10", RunStatus.Sent),
            ],
            (await RunsAsync(skips)).OrderByDescending(run => run.ScheduledFor)
                .Select(run => ($"{run.ScheduledFor:HH:mm}", run.Status)));
        Assert.Equal(RunStatus.Sent, Assert.Single(await RunsAsync(once)).Status);
        // 12:10, 12:20 and 12:30 of the one that skips, 12:50 of both, and the one that is to be sent once.
        Assert.Equal(sent + 6, _published.Count);
        Assert.Equal(_calls.Count, _published.Count);
    }

    [Fact]
    public async Task A_clock_that_was_never_ahead_moves_nothing()
    {
        var id = (await Store.AddAsync(Cron("*/10 * * * *"), "ann", Cancellation)).Id;
        var paused = (await Store.AddAsync(Cron("*/10 * * * *"), "ann", Cancellation)).Id;
        await Store.PauseAsync(paused, Cancellation);
        Clock.Advance(25 * Minute);
        Assert.Equal(0, await Store.RewindAsync(Clock.GetUtcNow(), Next, Cancellation));
        await RunDueAsync();
        Assert.Equal(0, await Store.RewindAsync(Clock.GetUtcNow(), Next, Cancellation));
        Assert.Equal(Clock.GetUtcNow() + 5 * Minute, (await Store.GetAsync(id, Cancellation))!.NextRunAt);
        Assert.Equal(ScheduleStatus.Paused, (await Store.GetAsync(paused, Cancellation))!.Status);

        DateTimeOffset? Next(Schedule schedule) => Recurrence.Next(schedule.Draft, Clock.GetUtcNow());
    }

    private Scheduler SchedulerOf(ScheduleStore store) => new(store, _metrics, Settings, Clock, NullLogger<Scheduler>.Instance);

    private Task<DateTimeOffset> RunDueAsync(ScheduleStore? store = null) =>
        SchedulerOf(store ?? Store).RunDueAsync(PublishAsync, Cancellation);

    private async Task<ScheduleRun[]> RunsAsync(long id, int limit = 50) =>
        (await Store.RunsAsync(id, 1, limit, Cancellation))!.Runs;

    private Task<PublishResult> PublishAsync(PublishBatch batch)
    {
        lock (_calls)
        {
            _calls.Add(batch);
            if (Fault is not (null or TimeoutException)) return Task.FromException<PublishResult>(Fault);
            var isRepeated = !_published.TryAdd(batch.IdempotencyKey!, _published.Count + 1);
            return Fault is null
                ? Task.FromResult(new PublishResult(_published[batch.IdempotencyKey!], 1, isRepeated))
                : Task.FromException<PublishResult>(Fault);
        }
    }
}
