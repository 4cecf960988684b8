using System.Text.Json.Serialization;

namespace NotifyHub.Console.Api;

public sealed record NextRuns([property: JsonPropertyName("next_runs")] IReadOnlyList<DateTimeOffset> Times);
