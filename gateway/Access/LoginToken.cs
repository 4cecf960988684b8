namespace NotifyHub.Gateway.Access;

public sealed record LoginToken(string Token, DateTimeOffset ExpiresAt);
