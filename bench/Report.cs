using System.Text.Json;

namespace NotifyHub.Bench;

/// <summary>The result of a run. All latencies are in microseconds.</summary>
internal sealed record Report
{
    public required string Command { get; init; }

    public required ConnectReport Connect { get; init; }

    public PublishReport? Publish { get; init; }

    public DeliverReport? Deliver { get; init; }

    public IdleReport? Idle { get; init; }

    public required ErrorReport Errors { get; init; }

    /// <summary>Connections that the server ended before the run did, per close code; 1006 means without one.</summary>
    public required IReadOnlyDictionary<int, int> Disconnects { get; init; }

    public required GeneratorReport Generator { get; init; }

    public static Report FromJson(string json) => JsonSerializer.Deserialize(json, ReportJson.Default.Report)!;

    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.Report);
}
