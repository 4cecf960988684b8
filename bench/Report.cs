using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotifyHub.Bench;

/// <summary>The result of a run. All latencies are microseconds.</summary>
internal sealed record Report
{
    public required string Command { get; init; }

    public required ConnectReport Connect { get; init; }

    public PublishReport? Publish { get; init; }

    public DeliverReport? Deliver { get; init; }

    public IdleReport? Idle { get; init; }

    public required ErrorReport Errors { get; init; }

    /// <summary>Connections that the server ended before the run did, by close code; 1006: without one.</summary>
    public required IReadOnlyDictionary<int, int> Disconnects { get; init; }

    public required GeneratorReport Generator { get; init; }

    public static Report FromJson(string json) => JsonSerializer.Deserialize(json, ReportJson.Default.Report)!;

    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.Report);
}

internal sealed record ConnectReport(
    int Connections,
    int Slow,
    double Seconds,
    double PerSecond,
    double ServerCpuMicrosPerConnection,
    long ServerResidentBefore,
    long ServerResidentAfter,
    long ServerBytesPerConnection);

internal sealed record IdleReport(double Seconds, double ServerCpuPercent, long ServerResident);

internal sealed record PublishReport(
    long Sent, long Acknowledged, int Refused, string LastRefusal, double Seconds, double AcknowledgedPerSecond, LatencyReport Latency);

internal sealed record DeliverReport(
    int Clients,
    long Deliveries,
    long Foreign,
    double Seconds,
    double PerSecond,
    double ServerCpuSeconds,
    double ServerCpuPercent,
    double PerServerCpuSecond,
    double ServerCpuMicrosPerDelivery,
    LatencyReport Latency,
    LatencyReport LastClientLatency,
    long Replayed,
    int Resumed,
    int SlowCutOff,
    long ServerResident,
    long ServerPeak);

internal sealed record GeneratorReport(double CpuSeconds, double CpuPercent, double CpuMicrosPerDelivery);

internal sealed record ErrorReport(
    long Order, long Gaps, long Undelivered, long Repeats, long Altered, long Offsets, long NotRecovered, IReadOnlyDictionary<string, int> Connect)
{
    /// <summary>What a client of a correct server never sees. A connection that failed here is one that could not come back.</summary>
    [JsonIgnore]
    public bool Any => Order + Gaps + Undelivered + Repeats + Altered + Offsets + NotRecovered + Connect.Count > 0;
}

internal sealed record LatencyReport(long Count, double Mean, long P50, long P90, long P99, long P999, long Max)
{
    public static LatencyReport Of(Histogram h) =>
        new(h.Count, Math.Round(h.Mean, 1), h.Quantile(0.5), h.Quantile(0.9), h.Quantile(0.99), h.Quantile(0.999), h.Max);

    public override string ToString() =>
        $"p50 {Show(P50)}   p90 {Show(P90)}   p99 {Show(P99)}   p99.9 {Show(P999)}   max {Show(Max)}";

    private static string Show(long micros) => micros < 10_000 ? $"{micros} µs" : $"{micros / 1000.0:F1} ms";
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;
