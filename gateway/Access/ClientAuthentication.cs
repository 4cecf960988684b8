using System.Globalization;
using System.Security.Claims;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>Who may open a WebSocket: clients with a valid token and, unless one is required, clients without any.</summary>
public sealed class ClientAuthentication(
    TokenIssuer issuer, TokenVersions versions, ApiKeys keys, ClientTokens tokens, IGrainFactory grains,
    IOptions<GatewayOptions> options)
{
    private static readonly TokenVerdict Unauthorized = TokenVerdict.Refuse(TokenFault.Unauthorized);

    private readonly JsonWebTokenHandler _handler = new();
    private readonly TokenValidationParameters _validation = issuer.Validation();
    private readonly bool _isRequired = options.Value.RequireToken;

    /// <summary>A wrong token is refused even where none is required.</summary>
    /// <exception cref="TimeoutException">The grid, which alone knows which tokens are valid, does not answer; or another failure
    /// of it.</exception>
    /// <param name="token">A client token, a login token or an API key; null: none.</param>
    /// <param name="asksToObserve">What the client is sent shall not count as delivered.</param>
    public ValueTask<TokenVerdict> AuthenticateAsync(string? token, bool asksToObserve) => token is not null
        ? new ValueTask<TokenVerdict>(CheckAsync(token, asksToObserve))
        : ValueTask.FromResult(
            _isRequired || asksToObserve ? Unauthorized : TokenVerdict.Accept(ClientPrincipal.Anonymous));

    /// <summary>
    /// What a client that is connected becomes by a new client token (<see cref="TokenFault"/> says why nothing): an anonymous
    /// one becomes its user; a user gets its rights and its end. Logins and API keys are no users and get none.
    /// </summary>
    /// <exception cref="TimeoutException">As for <see cref="AuthenticateAsync"/>.</exception>
    public async Task<TokenVerdict> RenewAsync(ClientPrincipal current, string token)
    {
        if (current.IsStaff) return TokenVerdict.Refuse(TokenFault.OtherUser);
        if (ClientTokens.IsLogin(token)) return TokenVerdict.Refuse(TokenFault.Invalid);
        var verdict = await tokens.VerifyAsync(token);
        return verdict.Principal is { Token: { } next } && current.Token is { } before && before.User != next.User
            ? TokenVerdict.Refuse(TokenFault.OtherUser)
            : verdict;
    }

    /// <summary>Those that are no longer valid: the user is disabled, or has another role or password; the key is
    /// revoked. Client tokens are not among them: <see cref="TokenRevocations"/>.</summary>
    public async Task<HashSet<ClientPrincipal>> FindRevokedAsync(
        IEnumerable<ClientPrincipal> principals, CancellationToken cancellation)
    {
        HashSet<ClientPrincipal> revoked = [];
        HashSet<long>? live = null;
        foreach (var principal in principals)
        {
            cancellation.ThrowIfCancellationRequested();
            if (principal.UserId is { } user)
            {
                if (!await versions.StandsAsync(user, principal.Version, cancellation)) revoked.Add(principal);
            }
            else if (principal.KeyId is { } key)
            {
                live ??= await LiveKeysAsync(cancellation);
                if (!live.Contains(key)) revoked.Add(principal);
            }
        }

        return revoked;
    }

    private async Task<HashSet<long>> LiveKeysAsync(CancellationToken cancellation)
    {
        var keys = await grains.GetGrain<IApiKeyGrain>(GrainKeys.Only).ListAsync().WaitAsync(cancellation);
        return [.. keys.Where(key => key.RevokedAt is null).Select(key => key.Id)];
    }

    private async Task<TokenVerdict> CheckAsync(string token, bool observes)
    {
        // A JWT has two dots, an API key none.
        var isJwt = token.Contains('.', StringComparison.Ordinal);
        if (isJwt && ClientTokens.IsLogin(token))
        {
            return await CheckLoginAsync(token) is { } login
                ? TokenVerdict.Accept(login with { IsObserver = observes }) : Unauthorized;
        }

        // Only a person's connection may be an observer: messages sent to services, users and anonymous clients count as
        // delivered.
        if (observes) return Unauthorized;
        if (isJwt) return await tokens.VerifyAsync(token);
        var key = await keys.FindAsync(token, CancellationToken.None);
        return key is not null && key.Allows(KeyScopes.Read)
            ? TokenVerdict.Accept(new ClientPrincipal(null, 0, key.Id, DateTimeOffset.MaxValue, KeyChannels: key.Channels))
            : Unauthorized;
    }

    private async Task<ClientPrincipal?> CheckLoginAsync(string token)
    {
        var result = await _handler.ValidateTokenAsync(token, _validation);
        if (!result.IsValid) return null;
        var caller = new ClaimsPrincipal(result.ClaimsIdentity);
        if (!Roles.OfPeople.Any(caller.IsInRole)
            || !TryNumber(caller, JwtRegisteredClaimNames.Sub, out var user)
            || !TryNumber(caller, Callers.VersionClaim, out var version)
            || !await versions.StandsAsync(user, version, CancellationToken.None)) return null;
        return new ClientPrincipal(user, version, null,
            new DateTimeOffset(result.SecurityToken.ValidTo, TimeSpan.Zero) + _validation.ClockSkew);
    }

    private static bool TryNumber(ClaimsPrincipal caller, string claim, out long number) =>
        long.TryParse(caller.FindFirstValue(claim), NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
