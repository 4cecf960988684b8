using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Hosting.Settings;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Settings;

/// <summary>The settings of the silo that answers.</summary>
[StatelessWorker, GrainType("settings")]
public sealed class SettingsGrain(IOptions<SiloOptions> options, IConfiguration configuration) : Grain, ISettingsGrain
{
    public Task<Setting[]> ListAsync() => Task.FromResult(List(options.Value, configuration));

    public static Setting[] List(SiloOptions options, IConfiguration configuration) => SettingsList.Of(
        options, new SiloOptions(), configuration, "Silo",
        new Dictionary<string, Func<string, string>> { [nameof(SiloOptions.Storage)] = ShownConnectionString.Of });
}
