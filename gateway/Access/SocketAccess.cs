using System.Globalization;
using System.Security.Claims;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>Who may open a WebSocket: whoever has a good token, and, unless one is required, whoever has none.</summary>
public sealed class SocketAccess(TokenIssuer issuer, TokenVersions versions, ApiKeys keys, IGrainFactory grains, IOptions<GatewayOptions> options)
{
    private readonly JsonWebTokenHandler _handler = new();
    private readonly TokenValidationParameters _validation = issuer.Validation();
    private readonly bool _isRequired = options.Value.RequireToken;

    /// <summary>Null: refused. A wrong token is refused also where none is required: who shows one means to be somebody.</summary>
    /// <exception cref="TimeoutException">The grid, which alone knows what still stands, does not answer; or another failure of its.</exception>
    public ValueTask<SocketPass?> AdmitAsync(HandshakeRequest request) => request.Token() is { } token
        ? new ValueTask<SocketPass?>(CheckAsync(token, request.AsksToObserve()))
        : ValueTask.FromResult(_isRequired || request.AsksToObserve() ? null : SocketPass.Nobody);

    /// <summary>Those of the passes that do not stand any more: the user is disabled, or has another role or password; the key is revoked.</summary>
    public async Task<HashSet<SocketPass>> EndedAsync(IEnumerable<SocketPass> passes, CancellationToken cancellation)
    {
        HashSet<SocketPass> ended = [];
        HashSet<long>? live = null;
        foreach (var pass in passes)
        {
            cancellation.ThrowIfCancellationRequested();
            if (pass.UserId is { } user)
            {
                if (!await versions.StandsAsync(user, pass.Version, cancellation)) ended.Add(pass);
            }
            else if (pass.KeyId is { } key)
            {
                live ??= [.. (await grains.GetGrain<IApiKeyGrain>(GrainKeys.Only).ListAsync().WaitAsync(cancellation)).Where(one => one.RevokedAt is null).Select(one => one.Id)];
                if (!live.Contains(key)) ended.Add(pass);
            }
        }

        return ended;
    }

    private async Task<SocketPass?> CheckAsync(string token, bool observes)
    {
        // A login token has two dots, an API key none.
        if (token.Contains('.', StringComparison.Ordinal))
            return await CheckLoginAsync(token) is { } pass ? pass with { Observes = observes } : null;
        // Only a person looks on: what a service or a stranger is sent was delivered to them.
        if (observes) return null;
        var key = await keys.FindAsync(token, CancellationToken.None);
        return key is not null && key.Allows(KeyScopes.Read) ? new SocketPass(null, 0, key.Id, DateTimeOffset.MaxValue) : null;
    }

    private async Task<SocketPass?> CheckLoginAsync(string token)
    {
        var result = await _handler.ValidateTokenAsync(token, _validation);
        if (!result.IsValid) return null;
        var caller = new ClaimsPrincipal(result.ClaimsIdentity);
        if (!Roles.OfPeople.Any(caller.IsInRole)
            || !TryNumber(caller, JwtRegisteredClaimNames.Sub, out var user)
            || !TryNumber(caller, Callers.VersionClaim, out var version)
            || !await versions.StandsAsync(user, version, CancellationToken.None)) return null;
        return new SocketPass(user, version, null, new DateTimeOffset(result.SecurityToken.ValidTo, TimeSpan.Zero) + _validation.ClockSkew);
    }

    private static bool TryNumber(ClaimsPrincipal caller, string claim, out long number) =>
        long.TryParse(caller.FindFirstValue(claim), NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
