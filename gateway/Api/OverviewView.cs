using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="Latency">Null: nothing was delivered in the last 5 s.</param>
/// <param name="Series">The last five minutes, 5 s apart, oldest first.</param>
internal sealed record OverviewView(
    [property: JsonPropertyName("server_time")] string ServerTime,
    ConnectionCounts Connections,
    Rates Rates,
    [property: JsonPropertyName("latency_ms")] Latency? Latency,
    Health Health,
    IReadOnlyList<NodeView> Nodes,
    IReadOnlyList<SeriesPoint> Series);
