using System.ComponentModel.DataAnnotations;

namespace NotifyHub.Gateway.Api;

/// <summary>The body of <c>PATCH /api/users/{id}</c>: what is not given stays.</summary>
public sealed record ChangedUser(
    [property: StringLength(UserRules.NameLength, MinimumLength = 1)] string? Name = null,
    [property: AllowedValues("administrator", "operator", "viewer")] string? Role = null,
    bool? Disabled = null);
