using System.ComponentModel.DataAnnotations;

namespace NotifyHub.Gateway.Api;

/// <summary>The body of <c>POST /api/users</c>. Lengths are in Unicode characters.</summary>
public sealed record NewUser(
    [property: StringLength(UserRules.EmailLength, MinimumLength = 3)] string Email,
    [property: StringLength(UserRules.NameLength, MinimumLength = 1)] string Name,
    [property: AllowedValues("administrator", "operator", "viewer")] string Role,
    [property: StringLength(UserRules.NewPasswordLength, MinimumLength = UserRules.MinPasswordLength)] string Password);
