using System.Text.Json.Serialization;

namespace NotifyHub.Console.Api;

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
