using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

internal sealed record Rates(
    [property: JsonPropertyName("publishes_per_second")] double PublishesPerSecond,
    [property: JsonPropertyName("deliveries_per_second")] double DeliveriesPerSecond);
