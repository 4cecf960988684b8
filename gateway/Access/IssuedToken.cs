namespace NotifyHub.Gateway.Access;

/// <param name="Id">Its <c>jti</c>.</param>
public sealed record IssuedToken(string Token, string Id, DateTimeOffset ExpiresAt);
