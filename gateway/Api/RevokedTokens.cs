using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <summary>Exactly one of the two, in the request and in its answer.</summary>
/// <param name="Jti">One token.</param>
/// <param name="User">All tokens of a user that were issued until now.</param>
public sealed record RevokedTokens(
    [property: StringLength(255, MinimumLength = 1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Jti,
    [property: StringLength(128, MinimumLength = 1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? User)
    : IConcerning
{
    string IConcerning.Subject => Jti is null ? $"user/{User}" : $"jti/{Jti}";
}
