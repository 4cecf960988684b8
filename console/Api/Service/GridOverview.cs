namespace NotifyHub.Console.Api;

/// <summary>The state of the whole grid, at most a few seconds old.</summary>
/// <param name="LatencyMs">Null when there were no recent messages.</param>
public sealed record GridOverview(
    DateTimeOffset ServerTime,
    ConnectionCounts Connections,
    Rates Rates,
    Latency? LatencyMs,
    Health Health,
    IReadOnlyList<Node> Nodes,
    IReadOnlyList<Sample> Series);
