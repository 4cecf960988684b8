namespace NotifyHub.Gateway.Access;

/// <summary>Who a client of the WebSocket port is. The token itself is not kept.</summary>
/// <param name="UserId">The user of a login token, and</param>
/// <param name="Version">the user's version when it was issued.</param>
/// <param name="KeyId">An API key.</param>
/// <param name="ExpiresAt">When a login token ends, the allowed difference of clocks included.</param>
/// <param name="IsObserver">A person who looks on: messages sent to them do not count as delivered.</param>
public sealed record ClientPrincipal(long? UserId, long Version, long? KeyId, DateTimeOffset ExpiresAt, bool IsObserver = false)
{
    /// <summary>A client without a token.</summary>
    public static ClientPrincipal Anonymous { get; } = new(null, 0, null, DateTimeOffset.MaxValue);
}
