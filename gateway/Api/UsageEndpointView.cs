using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

public sealed record UsageEndpointView(
    string Method,
    string Route,
    long Requests,
    long Errors,
    [property: JsonPropertyName("avg_ms")] double AvgMs,
    [property: JsonPropertyName("max_ms")] double MaxMs);
