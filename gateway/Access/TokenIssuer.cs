using System.Globalization;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>Issues and validates login tokens.</summary>
/// <param name="key">Read when it is first needed: the web server has this made before it is known whether anything is to
/// start.</param>
/// <param name="lifetime">How long a token is good for.</param>
public sealed class TokenIssuer(Func<byte[]> key, TimeSpan lifetime, TimeProvider time)
{
    public const string Issuer = "notifyhub";

    private readonly Lazy<SecurityKey[]> _keys = new(() => [new SymmetricSecurityKey(key())]);
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>Reads the key: one that cannot be had must stop the start, not the first login.</summary>
    public void ReadKey() => _ = _keys.Value;

    public LoginToken Issue(User user)
    {
        var now = time.GetUtcNow();
        var expires = now + lifetime;
        var token = _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            // No "not before": with a clock that was set back, or a gateway whose clock is behind, everybody would have to log in
            // again.
            IssuedAt = now.UtcDateTime,
            Expires = expires.UtcDateTime,
            SigningCredentials = new SigningCredentials(_keys.Value[0], SecurityAlgorithms.HmacSha256),
            Claims = new Dictionary<string, object>
            {
                [JwtRegisteredClaimNames.Sub] = user.Id.ToString(CultureInfo.InvariantCulture),
                [JwtRegisteredClaimNames.Email] = user.Email,
                [JwtRegisteredClaimNames.Name] = user.Name,
                [Callers.RoleClaim] = user.Role,
                [Callers.VersionClaim] = user.TokenVersion,
            },
        });
        return new LoginToken(token, expires);
    }

    /// <summary>
    /// Everything is pinned: the algorithm (a token may not choose "none", nor one under which our key is something else), the
    /// issuer, the end. There is one audience, so it is not named.
    /// </summary>
    public TokenValidationParameters Validation() => new()
    {
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        IssuerSigningKeyResolver = (_, _, _, _) => _keys.Value,
        ValidateIssuerSigningKey = true,
        RequireSignedTokens = true,
        ValidIssuer = Issuer,
        ValidateIssuer = true,
        ValidateAudience = false,
        RequireExpirationTime = true,
        ValidateLifetime = true,
        ClockSkew = TimeSpan.FromSeconds(30),
        NameClaimType = JwtRegisteredClaimNames.Name,
        RoleClaimType = Callers.RoleClaim,
    };
}
