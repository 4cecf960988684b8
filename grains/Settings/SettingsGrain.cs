using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Settings;

[StatelessWorker, GrainType("settings")]
public sealed class SettingsGrain(IOptions<SiloOptions> options, IConfiguration configuration) : Grain, ISettingsGrain
{
    public Task<Setting[]> ListAsync() => Task.FromResult(SettingsList.Of(options.Value, new SiloOptions(), configuration, "Silo"));
}
