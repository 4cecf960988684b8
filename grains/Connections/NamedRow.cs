namespace NotifyHub.Grains.Connections;

internal sealed record NamedRow(string ConnectionId);
