namespace NotifyHub.Gateway.Api;

public sealed record KeyRevoked(long Id);
