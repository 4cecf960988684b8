using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.IdentityModel.JsonWebTokens;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>Who calls, and what they may do. Both ways in, token and API key, make the same claims.</summary>
internal static class Callers
{
    /// <summary>Policy: a person who has logged in, not a service with an API key.</summary>
    public const string LoggedIn = "logged-in";

    /// <summary>Policy: an administrator.</summary>
    public const string Administrator = "administrator";

    public const string RoleClaim = "role";

    public static void AddPolicies(this AuthorizationBuilder authorization) => authorization
        .AddPolicy(LoggedIn, policy => policy.RequireAuthenticatedUser().RequireAssertion(
            context => !context.User.IsInRole(Roles.Service)))
        .AddPolicy(Administrator, policy => policy.RequireRole(Roles.Administrator));

    /// <summary>The caller, unique among users and API keys alike.</summary>
    public static string CallerId(this ClaimsPrincipal caller) =>
        $"{(caller.IsInRole(Roles.Service) ? "key" : "user")}/{caller.FindFirstValue(JwtRegisteredClaimNames.Sub)}";

    public static string Email(this ClaimsPrincipal caller) => caller.FindFirstValue(JwtRegisteredClaimNames.Email) ?? "";
}
