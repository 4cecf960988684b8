namespace NotifyHub.Gateway.Access;

/// <summary>Who a client of the WebSocket port is. The token itself is not kept.</summary>
/// <param name="UserId">The user of a login token, and</param>
/// <param name="Version">the user's version when it was issued.</param>
/// <param name="KeyId">An API key.</param>
/// <param name="ExpiresAt">When a login or client token ends, the allowed difference of clocks included.</param>
/// <param name="IsObserver">A person who looks on: messages sent to them do not count as delivered.</param>
/// <param name="Token">A client token: the client is a user of the application.</param>
/// <param name="KeyChannels">The names and patterns of channels that an API key is limited to; null: it is not limited.</param>
public sealed record ClientPrincipal(
    long? UserId,
    long Version,
    long? KeyId,
    DateTimeOffset ExpiresAt,
    bool IsObserver = false,
    ClientToken? Token = null,
    IReadOnlyList<string>? KeyChannels = null)
{
    /// <summary>A client without a token.</summary>
    public static ClientPrincipal Anonymous { get; } = new(null, 0, null, DateTimeOffset.MaxValue);

    /// <summary>A login, or an API key that may read: may subscribe to everything, unless the key is limited, and is no
    /// user.</summary>
    public bool IsStaff => UserId is not null || KeyId is not null;
}
