using System.Text.Json.Serialization;

namespace NotifyHub.Console.Api;

/// <summary>The service as its status tells it. Dates are the grid's own time.</summary>
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

/// <param name="Cpu">Percent of one core.</param>
/// <param name="Mem">Percent of the machine's memory.</param>
public sealed record ProcessInfo(int Pid, string Cpu, string Mem, string StartTime, string Command);

/// <param name="Status">healthy, degraded or unhealthy.</param>
public sealed record Health(string Status, IReadOnlyList<Check> Checks);

/// <param name="Status">ok, warning or error.</param>
public sealed record Check(string Name, string Status, string Message);

/// <summary>A gateway or a silo.</summary>
public sealed record Node(
    string Id, string Role, string Address, int Pid, string Cpu, string Mem, int Connections, string StartedAt, string LastSeenAt);

/// <summary>What start, stop and restart answer.</summary>
public sealed record ControlResult(string Message, string Status);

/// <summary>What this deployment is.</summary>
public sealed record SystemInfo(string Version, string Mode, string TimeZone, bool DefaultPassword);

/// <summary>The whole grid at a glance, at most seconds old.</summary>
/// <param name="LatencyMs">Null: no messages lately.</param>
public sealed record GridOverview(
    DateTimeOffset ServerTime,
    ConnectionCounts Connections,
    Rates Rates,
    Latency? LatencyMs,
    Health Health,
    IReadOnlyList<Node> Nodes,
    IReadOnlyList<Sample> Series);

public sealed record ConnectionCounts(long Active, long Total, long Errors);

public sealed record Rates(double PublishesPerSecond, double DeliveriesPerSecond);

public sealed record Latency(double P50, double P99);

/// <summary>One point of the last minutes.</summary>
public sealed record Sample(
    DateTimeOffset At, long Connections, double PublishesPerSecond, double DeliveriesPerSecond, double? P50Ms, double? P99Ms);

/// <param name="Source">default, file, environment or argument.</param>
/// <param name="Part">gateway or silo.</param>
public sealed record Setting(string Name, string? Value, string? Default, string Source, string Part, string Description);

public sealed record SettingList(IReadOnlyList<Setting> Settings);
