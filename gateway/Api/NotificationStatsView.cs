using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

public sealed record NotificationStatsView(
    long Total,
    long Today,
    [property: JsonPropertyName("by_status")] IReadOnlyDictionary<string, long> ByStatus,
    [property: JsonPropertyName("by_severity")] IReadOnlyDictionary<string, long> BySeverity);
