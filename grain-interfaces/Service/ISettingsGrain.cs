using Orleans.Concurrency;

namespace NotifyHub.GrainInterfaces;

/// <summary>The settings of the silo that answers. Key: <see cref="GrainKeys.Only"/>.</summary>
[Alias("NotifyHub.ISettingsGrain")]
public interface ISettingsGrain : IGrainWithIntegerKey
{
    [Alias("ListAsync"), AnySilo, ReadOnly]
    Task<Setting[]> ListAsync();
}
