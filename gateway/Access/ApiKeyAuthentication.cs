using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>Internal services: an API key in the header <c>X-API-Key</c>.</summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ApiKeys keys)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "ApiKey";
    public const string Header = "X-API-Key";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // The status must be answered to everyone, even while the grid, which alone knows the keys, does not answer.
        if (Context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null) return AuthenticateResult.NoResult();

        var key = await keys.FindAsync(Request.Headers[Header].ToString(), Context.RequestAborted);
        if (key is null) return AuthenticateResult.Fail("Unknown or revoked API key.");

        Claim[] claims =
        [
            new(JwtRegisteredClaimNames.Sub, key.Id.ToString(CultureInfo.InvariantCulture)),
            new(JwtRegisteredClaimNames.Name, key.Name),
            new(Callers.RoleClaim, Roles.Service),
            .. KeyScopes.All.Where(key.Allows).Select(scope => new Claim(Callers.ScopeClaim, scope)),
            .. (key.Channels ?? []).Select(channel => new Claim(Callers.ChannelClaim, channel)),
        ];
        var identity = new ClaimsIdentity(claims, Scheme.Name, JwtRegisteredClaimNames.Name, Callers.RoleClaim);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }
}
