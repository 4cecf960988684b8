using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests;

public class ServiceGrainTests
{
    [Fact]
    public async Task Start_and_stop_are_idempotent_and_every_restart_counts()
    {
        await using var cluster = await StartAsync();
        var service = cluster.Service;

        Assert.Equal(new ServiceState(true, 0), await service.GetAsync());
        Assert.Equal((new ServiceState(true, 0), false), await SetAsync(service, ServiceCommand.Start));
        Assert.Equal((new ServiceState(false, 0, 1), true), await SetAsync(service, ServiceCommand.Stop));
        Assert.Equal((new ServiceState(false, 0, 1), false), await SetAsync(service, ServiceCommand.Stop));
        Assert.Equal((new ServiceState(true, 1, 2), true), await SetAsync(service, ServiceCommand.Restart));
        Assert.Equal((new ServiceState(true, 2, 3), true), await SetAsync(service, ServiceCommand.Restart));
    }

    [Fact]
    public async Task Every_gateway_applies_a_command_despite_a_failing_one()
    {
        await using var cluster = await StartAsync();
        var (good, bad, left) = (cluster.Gateway(), cluster.Gateway(), cluster.Gateway());
        bad.Fails = true;
        foreach (var gateway in new[] { bad, good, left }) await gateway.SubscribeAsync(cluster.Service);
        await cluster.Service.UnsubscribeAsync(left.Id);

        await cluster.Service.SetAsync(ServiceCommand.Stop);
        bad.Fails = false;
        await cluster.Service.SetAsync(ServiceCommand.Start);

        Assert.Equal([new ServiceState(false, 0, 1), new ServiceState(true, 0, 2)], good.Applied);
        Assert.Empty(bad.Applied);
        Assert.Empty(left.Applied);
        Assert.Equal(new ServiceState(true, 0, 2), await bad.SubscribeAsync(cluster.Service));
    }

    [Fact]
    public async Task Gateways_can_renew_while_a_command_waits_for_one_of_them()
    {
        await using var cluster = await StartAsync();
        var gateway = cluster.Gateway();
        var ready = new TaskCompletionSource();
        gateway.Ready = ready.Task;
        await gateway.SubscribeAsync(cluster.Service);

        var stop = cluster.Service.SetAsync(ServiceCommand.Stop);
        await Until.TrueAsync(async () => !(await gateway.SubscribeAsync(cluster.Service)).Running);
        Assert.False(stop.IsCompleted);

        ready.SetResult();
        Assert.True((await stop).Changed);
        Assert.Equal([new ServiceState(false, 0, 1)], gateway.Applied);
    }

    [Fact]
    public async Task The_wanted_state_outlives_all_silos()
    {
        var folder = Directory.CreateTempSubdirectory("notifyhub-grains-");
        var storage = $"Data Source={Path.Combine(folder.FullName, "grains.db")}";
        await using (var before = await GrainCluster.StartAsync(storage))
        {
            await before.Service.SetAsync(ServiceCommand.Restart);
            await before.Service.SetAsync(ServiceCommand.Stop);
        }

        await using (var after = await GrainCluster.StartAsync(storage))
        {
            Assert.Equal(new ServiceState(false, 1, 2), await after.Service.GetAsync());
            Assert.Equal((new ServiceState(true, 1, 3), true), await SetAsync(after.Service, ServiceCommand.Start));
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_gateway_that_does_not_confirm_is_named()
    {
        await using var cluster = await StartAsync();
        var (good, bad) = (cluster.Gateway(), cluster.Gateway());
        bad.Fails = true;
        foreach (var gateway in new[] { bad, good }) await gateway.SubscribeAsync(cluster.Service);

        Assert.Equal([bad.Id], (await cluster.Service.SetAsync(ServiceCommand.Stop)).Unanswered);
        Assert.Empty((await cluster.Service.SetAsync(ServiceCommand.Stop)).Unanswered);
        // Orleans holds observers weakly.
        GC.KeepAlive(good);
    }

    [Fact]
    public async Task A_command_right_after_the_grain_has_moved_waits_for_the_gateways_to_come_back()
    {
        await using var cluster = await StartAsync();
        var gateway = cluster.Gateway();

        var stop = cluster.Service.SetAsync(ServiceCommand.Stop);
        await gateway.SubscribeAsync(cluster.Service);

        Assert.True((await stop).Changed);
        Assert.Equal([new ServiceState(false, 0, 1)], gateway.Applied);
    }

    // The gateways of these tests do not renew.
    private static Task<GrainCluster> StartAsync() =>
        GrainCluster.StartAsync(configure: options => options.Lease = TimeSpan.FromMinutes(5));

    private static async Task<(ServiceState State, bool Changed)> SetAsync(IServiceGrain service, ServiceCommand command)
    {
        var change = await service.SetAsync(command);
        return (change.State, change.Changed);
    }
}
