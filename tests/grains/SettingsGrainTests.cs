using NotifyHub.GrainInterfaces;

namespace NotifyHub.GrainTests;

public class SettingsGrainTests
{
    [Fact]
    public async Task A_silo_returns_its_settings_without_secrets()
    {
        await using var cluster = await GrainCluster.StartAsync(
            configure: options => options.AdministratorPassword = "correct horse");

        var grain = cluster.Grains.GetGrain<ISettingsGrain>(GrainKeys.Only);
        var settings = (await grain.ListAsync()).ToDictionary(setting => setting.Name);

        Assert.Equal(("2s", "5s"), (settings["Lease"].Value, settings["Lease"].Default));
        Assert.Equal("••••••", settings["AdministratorPassword"].Value);
        Assert.NotEmpty(settings["Lease"].Description);
    }
}
