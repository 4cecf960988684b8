namespace NotifyHub.GrainInterfaces;

/// <summary>A setting as it may be shown.</summary>
/// <param name="Value">The value in effect, with secrets masked.</param>
/// <param name="Source">One of <see cref="SettingSource"/>.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.Setting")]
public sealed record Setting(
    [property: Id(0)] string Name,
    [property: Id(1)] string Value,
    [property: Id(2)] string Default,
    [property: Id(3)] string Source,
    [property: Id(4)] string Description);
