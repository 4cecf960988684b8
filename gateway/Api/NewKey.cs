using System.ComponentModel.DataAnnotations;

namespace NotifyHub.Gateway.Api;

/// <param name="Scopes">publish, read, tokens; absent: publish and read.</param>
/// <param name="Channels">Names, patterns such as orders:*, or *: the key may only be used to publish and to read there. Absent:
/// not limited.</param>
public sealed record NewKey(
    [property: StringLength(NewKey.NameLength, MinimumLength = 1)] string Name,
    [property: AllowedValues("publish", "read", "tokens")] IReadOnlyList<string>? Scopes,
    IReadOnlyList<string>? Channels = null)
{
    public const int NameLength = 100;
    public const int MaxChannels = 100;
}
