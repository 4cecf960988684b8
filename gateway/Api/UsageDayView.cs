using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="Errors">Answered with a status of 400 or more.</param>
public sealed record UsageDayView(
    string Date, long Requests, long Errors, [property: JsonPropertyName("avg_ms")] double AvgMs);
