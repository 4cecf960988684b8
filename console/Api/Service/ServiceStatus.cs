using System.Text.Json.Serialization;

namespace NotifyHub.Console.Api;

/// <summary>The status of the service. Dates are in the grid's time zone.</summary>
public sealed record ServiceStatus
{
    public bool ServiceRunning { get; init; }

    [JsonPropertyName("websocket_port")]
    public string WebSocketPort { get; init; } = "";

    public string InternalPort { get; init; } = "";

    [JsonPropertyName("websocket_port_listening")]
    public bool WebSocketPortListening { get; init; }

    public bool InternalPortListening { get; init; }

    public int? Pid { get; init; }

    public ProcessInfo? ProcessInfo { get; init; }

    public long ActiveConnections { get; init; }

    public long TotalConnections { get; init; }

    public string ServerTime { get; init; } = "";

    public string? LastConnectionAt { get; init; }

    public Health Health { get; init; } = new("unhealthy", []);

    public IReadOnlyList<Node> Nodes { get; init; } = [];
}
