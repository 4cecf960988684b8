using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Broadcast.BroadcastCluster;
using static NotifyHub.GrainTests.Schedules.ScheduleSamples;

namespace NotifyHub.GrainTests.Clocks;

/// <summary>A grid whose machine's clock is set while it runs.</summary>
public class WrongClockTests
{
    private static readonly ClientAddress Here = new("127.0.0.1", "127.0.0.1", IsThisMachine: true);

    private readonly SettableClock _clock = new();

    [Theory]
    [InlineData(-10)]
    [InlineData(-60 * 24 * 400)]
    [InlineData(60 * 24 * 10)]
    public async Task The_grid_works_on_whatever_the_clock_is_set_to(int minutes)
    {
        await using var cluster = await GrainCluster.StartAsync(time: _clock);
        await WorksAsync("before");
        _clock.Ahead = TimeSpan.FromMinutes(minutes);
        await WorksAsync("set");
        _clock.Ahead = TimeSpan.Zero;
        await WorksAsync("corrected");

        // Each is a grain of its own, which has to be activated.
        async Task WorksAsync(string when)
        {
            for (var i = 0; i < 6; i++)
            {
                Assert.Null((await cluster.Grains.GetGrain<IUserGrain>(GrainKeys.User($"{when}-{i}@example.com"))
                    .SignInAsync($"{when}-{i}@example.com", "wrong", Here)).User);
                var channel = cluster.Grains.GetGrain<IBroadcastGrain>(GrainKeys.Log($"{when}-{i}"));
                Assert.Equal(1, (await channel.PublishAsync(Batch("{}"))).FirstOffset);
            }
        }
    }

    [Fact]
    public async Task Nodes_stay_on_the_list_and_locked_addresses_are_not_locked_for_longer()
    {
        await using var cluster = await GrainCluster.StartAsync(
            time: _clock,
            configure: options => (options.SignInAttempts, options.SignInLock, options.Lease) =
                (1, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5)));
        await cluster.Stats.ReportAsync(new NodeReport("node", "gateway", "a:1", 1, 0, 0, 0, DateTimeOffset.UnixEpoch));
        var user = cluster.Grains.GetGrain<IUserGrain>(GrainKeys.User("ann@example.com"));
        await user.SignInAsync("ann@example.com", "wrong", Here);

        _clock.Ahead = TimeSpan.FromDays(-1);
        var retryAfter = (await user.SignInAsync("ann@example.com", "wrong", Here)).RetryAfter!.Value;
        Assert.InRange(retryAfter, TimeSpan.Zero, TimeSpan.FromMinutes(5));
        _clock.Ahead = TimeSpan.FromDays(1);
        Assert.Contains((await cluster.Stats.StatusAsync()).Nodes, node => node.Report.Id == "node");
    }

    [Fact]
    public async Task Schedules_go_on_after_the_clock_was_ahead()
    {
        await using var cluster = await GrainCluster.StartAsync(time: _clock);
        var schedules = cluster.Grains.GetGrain<IScheduleGrain>(GrainKeys.Only);
        var id = (await schedules.CreateAsync(Cron("* * * * *"), "ann")).Id;

        _clock.Ahead = TimeSpan.FromHours(3);
        await Until.TrueAsync(
            async () => (await schedules.GetAsync(id))!.NextRunAt > _clock.GetUtcNow() - TimeSpan.FromMinutes(1));
        _clock.Ahead = TimeSpan.Zero;
        await Until.TrueAsync(
            async () => (await schedules.GetAsync(id))!.NextRunAt <= _clock.GetUtcNow() + TimeSpan.FromMinutes(1));
        // It was skipped while the clock was ahead, and is sent at its own time.
        await Until.TrueAsync(
            async () => (await schedules.RunsAsync(id, 1, 500))!.Runs.Any(run =>
                run.Status == RunStatus.Sent
                && run.ScheduledFor <= _clock.GetUtcNow()
                && run.ScheduledFor > _clock.GetUtcNow() - TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public async Task A_clock_that_jumps_ten_days_ahead_does_not_empty_the_log()
    {
        await using var cluster = await GrainCluster.StartAsync(
            time: _clock,
            configure: options => (options.RetentionMessages, options.RetentionAge) = (1_000, TimeSpan.FromDays(7)));
        var channel = cluster.Grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.PublicChannel));
        await channel.PublishAsync(new PublishBatch([.. Enumerable.Range(0, 1_005).Select(n => Push($"{n}"))]));
        await channel.PublishAsync(new PublishBatch([Push("{}")], IdempotencyKey: "key"));

        // As the grid's housekeeping does from its first seconds on.
        await cluster.Grains.GetGrain<IRetentionGrain>(GrainKeys.Only).NowAsync();

        _clock.Ahead = TimeSpan.FromDays(10);
        // What is too much for the log goes: so it is known that a sweep came by.
        await Until.TrueAsync(async () => (await channel.ReadAsync(0, 1)).FirstRetained > 1);
        Assert.Equal(7, (await channel.ReadAsync(0, 1)).FirstRetained);
        Assert.True((await channel.PublishAsync(new PublishBatch([Push("{}")], IdempotencyKey: "key"))).Repeated);
    }
}
