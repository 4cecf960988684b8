using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

internal sealed record SeriesPoint(
    string At,
    long Connections,
    [property: JsonPropertyName("publishes_per_second")] double PublishesPerSecond,
    [property: JsonPropertyName("deliveries_per_second")] double DeliveriesPerSecond,
    [property: JsonPropertyName("p50_ms")] double? P50Ms,
    [property: JsonPropertyName("p99_ms")] double? P99Ms);
