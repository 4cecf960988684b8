using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <summary>The guide's status, field by field, and the nodes.</summary>
internal sealed record StatusView(
    [property: JsonPropertyName("service_running")] bool ServiceRunning,
    [property: JsonPropertyName("websocket_port")] string WebSocketPort,
    [property: JsonPropertyName("internal_port")] string InternalPort,
    [property: JsonPropertyName("websocket_port_listening")] bool WebSocketPortListening,
    [property: JsonPropertyName("internal_port_listening")] bool InternalPortListening,
    [property: JsonPropertyName("pid")] int? Pid,
    [property: JsonPropertyName("process_info")] ProcessInfo? ProcessInfo,
    [property: JsonPropertyName("active_connections")] long ActiveConnections,
    [property: JsonPropertyName("total_connections")] long TotalConnections,
    [property: JsonPropertyName("server_time")] string ServerTime,
    [property: JsonPropertyName("last_connection_at")] string? LastConnectionAt,
    [property: JsonPropertyName("health")] Health Health,
    [property: JsonPropertyName("nodes")] IReadOnlyList<NodeView> Nodes);
