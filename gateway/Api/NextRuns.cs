using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

public sealed record NextRuns([property: JsonPropertyName("next_runs")] IReadOnlyList<DateTime> Times);
