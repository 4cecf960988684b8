using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Schedules.ScheduleSamples;

namespace NotifyHub.GrainTests.Schedules;

public class ScheduleGrainTests
{
    [Fact]
    public async Task Each_run_is_sent_once_when_the_scheduling_silo_dies()
    {
        // The survivor may take a while to learn of the death: late, but not missed.
        await using var cluster = await GrainCluster.StartAsync(
            silos: 2, configure: options => options.ScheduleGrace = TimeSpan.FromMinutes(5));
        var schedules = cluster.Grains.GetGrain<IScheduleGrain>(GrainKeys.Only);
        var soon = DateTimeOffset.UtcNow.AddSeconds(1);
        List<long> ids = [];
        for (var i = 0; i < 10; i++) ids.Add((await schedules.CreateAsync(Once(soon), "ann")).Id);
        await AllFinishAsync();

        var later = DateTimeOffset.UtcNow.AddSeconds(2);
        for (var i = 0; i < 10; i++) ids.Add((await schedules.CreateAsync(Once(later), "ann")).Id);
        await cluster.Orleans.KillSiloAsync(cluster.Orleans.Silos[0], TestContext.Current.CancellationToken);
        await AllFinishAsync();

        var channel = cluster.Grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.PublicChannel));
        Assert.Equal(20, (await channel.ReadAsync(0, 100)).Head);
        List<long> sent = [];
        foreach (var id in ids)
        {
            var run = Assert.Single((await schedules.RunsAsync(id, 1, 10))!.Runs);
            Assert.Equal((RunCause.Schedule, RunStatus.Sent), (run.Cause, run.Status));
            Assert.True(run.StartedAt >= run.ScheduledFor);
            sent.Add(run.NotificationId!.Value);
        }

        Assert.Equal(Enumerable.Range(1, 20).Select(offset => (long)offset), sent.Order());

        Task AllFinishAsync() => Until.TrueAsync(
            async () =>
            {
                try
                {
                    var page = await schedules.ListAsync(new ScheduleQuery(null, null, 1, 100));
                    return page.Schedules.All(one => one.LastRunStatus == RunStatus.Sent);
                }
                catch (Exception fault) when (fault is OrleansException or TimeoutException or StorageUnavailableException)
                {
                    // The silo that had the grain is gone; its successor is on its way.
                    return false;
                }
            },
            what: "every schedule was sent");
    }
}
