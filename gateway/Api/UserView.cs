using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <param name="DefaultPassword">The password is still the one that everybody can read in the documentation: change it.</param>
/// <param name="Permissions">What the user may do: what the console offers, and no more.</param>
public sealed record UserView(
    long Id,
    string Email,
    string Name,
    [property: AllowedValues("administrator", "operator", "viewer")] string Role,
    [property: JsonPropertyName("default_password")] bool DefaultPassword,
    IReadOnlyList<string> Permissions)
{
    public static UserView Of(User user) => new(
        user.Id, user.Email, user.Name, user.Role, user.HasDefaultPassword, Access.Permissions.OfRole(user.Role));
}
