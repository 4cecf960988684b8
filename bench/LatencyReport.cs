namespace NotifyHub.Bench;

internal sealed record LatencyReport(long Count, double Mean, long P50, long P90, long P99, long P999, long Max)
{
    public static LatencyReport Of(Histogram h) =>
        new(h.Count, Math.Round(h.Mean, 1), h.Quantile(0.5), h.Quantile(0.9), h.Quantile(0.99), h.Quantile(0.999), h.Max);

    public override string ToString() =>
        $"p50 {Show(P50)}   p90 {Show(P90)}   p99 {Show(P99)}   p99.9 {Show(P999)}   max {Show(Max)}";

    private static string Show(long micros) => micros < 10_000 ? $"{micros} µs" : $"{micros / 1000.0:F1} ms";
}
