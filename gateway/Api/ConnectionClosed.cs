namespace NotifyHub.Gateway.Api;

public sealed record ConnectionClosed(string ConnectionId);
