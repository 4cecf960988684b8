using System.Globalization;
using System.Security.Claims;
using Microsoft.IdentityModel.JsonWebTokens;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;
using NotifyHub.Hosting;

namespace NotifyHub.Gateway.Access;

/// <summary>The caller of a request. Tokens and API keys give the same claims.</summary>
internal static class Callers
{
    public const string RoleClaim = "role";

    /// <summary>The user's version that a token was issued at.</summary>
    public const string VersionClaim = "ver";

    /// <summary>What an API key may be used for.</summary>
    public const string ScopeClaim = "scope";

    /// <summary>The caller, unique among users and API keys alike.</summary>
    public static string CallerId(this ClaimsPrincipal caller) =>
        $"{(caller.IsInRole(Roles.Service) ? "key" : "user")}/{caller.FindFirstValue(JwtRegisteredClaimNames.Sub)}";

    /// <summary>The same for the grid, with the network that limits count as one.</summary>
    public static ClientAddress ClientAddress(this HttpContext context) =>
        new(context.CallerAddress(), context.Network(), ThisMachine.Is(context));

    /// <summary>The partition for limits: an authenticated caller wherever it calls from; otherwise the network that the
    /// request comes from.</summary>
    public static string Partition(this HttpContext context) => context.User.Identity is { IsAuthenticated: true }
        ? context.User.CallerId()
        : context.Network();

    /// <summary>The network that limits count as one; "" when it is not known.</summary>
    private static string Network(this HttpContext context) =>
        AddressPrefix.Of(context.Connection.RemoteIpAddress);

    /// <summary>A person's number among the users. Only for people.</summary>
    public static long UserId(this ClaimsPrincipal caller) =>
        long.Parse(caller.FindFirstValue(JwtRegisteredClaimNames.Sub)!, CultureInfo.InvariantCulture);

    /// <summary>Where the caller calls from; "" when it is not known.</summary>
    public static string CallerAddress(this HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address ? IpAddresses.Plain(address).ToString() : "";

    public static string Email(this ClaimsPrincipal caller) => caller.FindFirstValue(JwtRegisteredClaimNames.Email) ?? "";

    /// <summary>How people know the caller: an e-mail address, or the name of an API key; null without a login.</summary>
    public static string? Known(this ClaimsPrincipal caller) => caller.Identity is not { IsAuthenticated: true } ? null
        : caller.IsInRole(Roles.Service) ? caller.FindFirstValue(JwtRegisteredClaimNames.Name)
        : caller.Email();
}
