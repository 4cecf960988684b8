using System.ComponentModel.DataAnnotations;

namespace NotifyHub.Gateway.Api;

/// <param name="Scopes">publish, read, tokens; absent: publish and read.</param>
public sealed record NewKey(
    [property: StringLength(NewKey.NameLength, MinimumLength = 1)] string Name,
    [property: AllowedValues("publish", "read", "tokens")] IReadOnlyList<string>? Scopes)
{
    public const int NameLength = 100;
}
