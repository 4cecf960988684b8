namespace NotifyHub.Grains.Connections;

internal sealed record ClosedRow(
    string ConnectionId,
    string Status,
    long DisconnectedAt,
    long? LastPingAt,
    long Sent,
    long Received,
    long Errors,
    string? LastError,
    string Reason);
