using System.Text.Json.Serialization;

namespace NotifyHub.Console.Api;

/// <summary>One client's connection, open or ended. Dates are the grid's own time.</summary>
public sealed record Connection
{
    [JsonPropertyName("connectionId")]
    public string ConnectionId { get; init; } = "";

    [JsonPropertyName("ipAddress")]
    public string IpAddress { get; init; } = "";

    [JsonPropertyName("userAgent")]
    public string UserAgent { get; init; } = "";

    /// <summary>connected, disconnected or error.</summary>
    public string Status { get; init; } = "";

    [JsonPropertyName("connectedAt")]
    public string ConnectedAt { get; init; } = "";

    [JsonPropertyName("disconnectedAt")]
    public string? DisconnectedAt { get; init; }

    [JsonPropertyName("lastPingAt")]
    public string? LastPingAt { get; init; }

    [JsonPropertyName("messagesSent")]
    public long MessagesSent { get; init; }

    [JsonPropertyName("messagesReceived")]
    public long MessagesReceived { get; init; }

    [JsonPropertyName("errorCount")]
    public int ErrorCount { get; init; }

    [JsonPropertyName("lastError")]
    public string? LastError { get; init; }

    public ConnectionMetadata Metadata { get; init; } = new("", "");
}

public sealed record ConnectionMetadata(string Gateway, string Protocol);

public sealed record ConnectionPage(IReadOnlyList<Connection> Connections, long Total);

public sealed record ConnectionStats
{
    [JsonPropertyName("activeConnections")]
    public long Active { get; init; }

    [JsonPropertyName("totalConnections")]
    public long Total { get; init; }

    [JsonPropertyName("errorConnections")]
    public long Errors { get; init; }

    [JsonPropertyName("todayConnections")]
    public long Today { get; init; }

    [JsonPropertyName("dailyTrends")]
    public IReadOnlyList<DailyTrend> DailyTrends { get; init; } = [];

    [JsonPropertyName("messageStats")]
    public MessageStats Messages { get; init; } = new();
}

public sealed record DailyTrend(string Date, long Count, long Active, long Errors);

public sealed record MessageStats
{
    [JsonPropertyName("totalSent")]
    public long Sent { get; init; }

    [JsonPropertyName("totalReceived")]
    public long Received { get; init; }
}

public static class ConnectionStatus
{
    public const string Connected = "connected";
    public const string Disconnected = "disconnected";
    public const string Error = "error";

    public static readonly IReadOnlyList<string> All = [Connected, Disconnected, Error];
}
