using System.Globalization;
using System.Security.Claims;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>What let a client in. The token itself is forgotten.</summary>
/// <param name="UserId">The user of a login token, and</param>
/// <param name="Version">the version that it was issued at.</param>
/// <param name="KeyId">An API key.</param>
/// <param name="ExpiresAt">When a login token ends, the allowed difference of clocks included.</param>
/// <param name="Observes">A person who looks on: messages sent to them do not count as delivered.</param>
public sealed record SocketPass(long? UserId, long Version, long? KeyId, DateTimeOffset ExpiresAt, bool Observes = false)
{
    /// <summary>Let in without a token.</summary>
    public static SocketPass Nobody { get; } = new(null, 0, null, DateTimeOffset.MaxValue);
}
