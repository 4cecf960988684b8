namespace NotifyHub.Bench;

/// <summary>A report as readable text.</summary>
internal static class ReportTable
{
    public static void Write(Report report, TextWriter to)
    {
        void Row(string name, string value) => to.WriteLine($"  {name,-28} {value}");

        to.WriteLine();
        var connect = report.Connect;
        Row("connections",
            $"{connect.Connections:N0} in {connect.Seconds:F2} s ({connect.PerSecond:N0}/s), {connect.Slow:N0} of them slow");
        Row("  server CPU per connect", $"{connect.ServerCpuMicrosPerConnection:F0} µs");
        Row("  server memory", $"{Mib(connect.ServerResidentBefore)} before, {Mib(connect.ServerResidentAfter)} after: " +
            $"{connect.ServerBytesPerConnection:N0} bytes an idle connection");
        if (report.Idle is { } idle)
            Row("idle", $"{idle.Seconds:F0} s, server CPU {idle.ServerCpuPercent:F1} %, memory {Mib(idle.ServerResident)}");
        if (report.Publish is { } publish)
        {
            Row("pushed",
                $"{publish.Sent:N0}, acknowledged {publish.Acknowledged:N0} ({publish.AcknowledgedPerSecond:N0}/s), "
                + $"refused {publish.Refused:N0}");
            if (publish.LastRefusal.Length > 0) Row("  last refusal", publish.LastRefusal);
            Row("  until acknowledged", publish.Latency.ToString());
        }
        if (report.Deliver is { } deliver) WriteDeliveries(deliver, Row);
        var errors = report.Errors;
        Row("order errors", $"{errors.Order:N0}");
        Row("gaps", $"{errors.Gaps:N0}, not delivered when the drain ended {errors.Undelivered:N0}");
        Row("repeats", $"{errors.Repeats:N0}");
        if (errors.Altered + errors.Offsets + errors.NotRecovered > 0)
            Row("other errors",
                $"altered {errors.Altered:N0}, offsets {errors.Offsets:N0}, not recovered {errors.NotRecovered:N0}");
        Row("disconnected by the server",
            report.Disconnects.Count == 0 ? "0" : string.Join(", ", report.Disconnects.Select(d => $"{d.Key}: {d.Value:N0}")));
        foreach (var (why, count) in errors.Connect) Row("could not connect", $"{count:N0}: {why}");
        Row("generator's own CPU", $"{report.Generator.CpuSeconds:F2} s ({report.Generator.CpuPercent:F0} %), " +
            $"{report.Generator.CpuMicrosPerDelivery:F2} µs per delivery");
    }

    private static void WriteDeliveries(DeliverReport deliver, Action<string, string> row)
    {
        row("deliveries",
            $"{deliver.Deliveries:N0} to {deliver.Clients:N0} clients in {deliver.Seconds:F2} s ({deliver.PerSecond:N0}/s), "
            + $"others' {deliver.Foreign:N0}");
        row("  latency, all clients", deliver.Latency.ToString());
        row("  latency, last client", deliver.LastClientLatency.ToString());
        row("  server CPU",
            $"{deliver.ServerCpuSeconds:F2} s ({deliver.ServerCpuPercent:F0} %), " +
            $"{deliver.ServerCpuMicrosPerDelivery:F3} µs per delivery, " +
            $"{deliver.PerServerCpuSecond:N0} deliveries per second of CPU");
        row("  server memory", $"{Mib(deliver.ServerResident)}, at most {Mib(deliver.ServerPeak)}");
        if (deliver.Resumed > 0) row("  resumed", $"{deliver.Resumed:N0} clients, {deliver.Replayed:N0} messages replayed");
        if (deliver.SlowCutOff > 0) row("  slow clients cut off", $"{deliver.SlowCutOff:N0}");
    }

    private static string Mib(long bytes) => $"{bytes / 1048576.0:F1} MiB";
}
