namespace NotifyHub.Gateway.Access;

/// <summary>What a client token, signed by the application's own backend, says. Checked: signature, times, names.</summary>
/// <param name="User">The user's id (<c>sub</c>).</param>
/// <param name="IssuedAt">With fractions of a second where the token has them.</param>
/// <param name="Id">Its <c>jti</c>, by which it can be revoked; null: it has none.</param>
/// <param name="Channels">Names and patterns that a connection is subscribed to at once.</param>
/// <param name="Caps">What else it allows; <paramref name="Channels"/> imply subscribe and history.</param>
/// <param name="Meta">A JSON object that is shown in presence; null: none.</param>
public sealed record ClientToken(
    string User,
    DateTimeOffset IssuedAt,
    string? Id,
    IReadOnlyList<string> Channels,
    IReadOnlyList<ChannelCap> Caps,
    string? Meta);
