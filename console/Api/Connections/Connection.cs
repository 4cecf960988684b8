using System.Text.Json.Serialization;

namespace NotifyHub.Console.Api;

/// <summary>One client connection, open or closed. Dates are in the grid's time zone.</summary>
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
