namespace NotifyHub.Gateway.Api;

public sealed record RecentError(string ConnectionId, string IpAddress, string? Error, int ErrorCount, string ConnectedAt);
