namespace NotifyHub.Gateway.Access;

/// <summary>What a token of the server's own is to say, by <see cref="ClientTokenRules"/>. Null: left out.</summary>
/// <param name="Meta">A JSON object.</param>
public sealed record WantedToken(
    string User, IReadOnlyList<string>? Channels, IReadOnlyList<WantedCap>? Caps, string? Meta);
