using System.Text.Json.Serialization;

namespace NotifyHub.Grains.Connections;

// A report's sessions on their way into SQL: one JSON array, whose members are the columns.
internal sealed record NamedRow(string ConnectionId);

internal sealed record OpenedRow(
    string ConnectionId, string IpAddress, string UserAgent, string Network, string Protocol, string Day, long ConnectedAt);

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

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(OpenedRow[]))]
[JsonSerializable(typeof(ClosedRow[]))]
[JsonSerializable(typeof(NamedRow[]))]
internal sealed partial class SessionJson : JsonSerializerContext;
