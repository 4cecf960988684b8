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

    /// <summary>A name or pattern of channels that an API key is limited to.</summary>
    public const string ChannelClaim = "channel";

    /// <summary>The caller, unique among users and API keys alike.</summary>
    public static string CallerId(this ClaimsPrincipal caller) =>
        $"{(caller.IsInRole(Roles.Service) ? "key" : "user")}/{caller.FindFirstValue(JwtRegisteredClaimNames.Sub)}";

    /// <summary>An API key that may be used in some channels only.</summary>
    public static bool IsLimitedToChannels(this ClaimsPrincipal caller) => caller.HasClaim(claim => claim.Type == ChannelClaim);

    /// <summary>Whether a caller who may publish may do so in this channel.</summary>
    public static bool MayPublishTo(this ClaimsPrincipal caller, string channel) => !caller.IsLimitedToChannels()
        || caller.FindAll(ChannelClaim).Any(limit => ChannelAccess.Covers(limit.Value, channel));

    /// <summary>The caller of a request as the rules of channels see it; null: one that may not read at all.</summary>
    public static ClientPrincipal? AsClient(this HttpContext context)
    {
        // Set where the request showed a client token.
        if (context.Features.Get<ClientPrincipal>() is { } client) return client;
        var caller = context.User;
        if (caller.Identity is not { IsAuthenticated: true }) return ClientPrincipal.Anonymous;
        if (!caller.IsInRole(Roles.Service)) return new ClientPrincipal(caller.UserId(), 0, null, DateTimeOffset.MaxValue);
        if (!caller.HasClaim(ScopeClaim, KeyScopes.Read)) return null;
        string[]? limits = caller.IsLimitedToChannels() ? [.. caller.FindAll(ChannelClaim).Select(claim => claim.Value)] : null;
        return new ClientPrincipal(null, 0, caller.UserId(), DateTimeOffset.MaxValue, KeyChannels: limits);
    }

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
