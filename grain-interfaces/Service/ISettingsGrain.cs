using Orleans.Concurrency;

namespace NotifyHub.GrainInterfaces;

/// <summary>The settings of the silo that answers. Key: <see cref="GrainKeys.Only"/>.</summary>
[Alias("NotifyHub.ISettingsGrain")]
public interface ISettingsGrain : IGrainWithIntegerKey
{
    [Alias("ListAsync"), AnySilo, ReadOnly]
    Task<Setting[]> ListAsync();
}

/// <summary>A setting as it may be shown.</summary>
/// <param name="Value">What is in effect; what is secret of it is masked.</param>
/// <param name="Source">One of <see cref="SettingSource"/>.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.Setting")]
public sealed record Setting(
    [property: Id(0)] string Name,
    [property: Id(1)] string Value,
    [property: Id(2)] string Default,
    [property: Id(3)] string Source,
    [property: Id(4)] string Description);

/// <summary>Who gave a setting its value.</summary>
public static class SettingSource
{
    public const string Default = "default";
    public const string File = "file";
    public const string Environment = "environment";
    public const string Argument = "argument";
}
