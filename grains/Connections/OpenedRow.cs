namespace NotifyHub.Grains.Connections;

internal sealed record OpenedRow(
    string ConnectionId, string IpAddress, string UserAgent, string Network, string Protocol, string Day, long ConnectedAt,
    string? UserId);
