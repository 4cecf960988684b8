using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>A user as administrators see it. Times are RFC 3339, UTC.</summary>
public sealed record AccountView(
    long Id,
    string Email,
    string Name,
    [property: AllowedValues("administrator", "operator", "viewer")] string Role,
    bool Disabled,
    [property: JsonPropertyName("created_at")] DateTime CreatedAt,
    [property: JsonPropertyName("last_login_at")] DateTime? LastLoginAt) : IMade
{
    public static AccountView Of(User user) => new(
        user.Id, user.Email, user.Name, user.Role, user.DisabledAt is not null, user.CreatedAt.UtcDateTime,
        user.LastLoginAt?.UtcDateTime);
}
