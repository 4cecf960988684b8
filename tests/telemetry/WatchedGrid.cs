using NotifyHub.TestKit;
using Xunit.Sdk;
using Xunit.v3;

// All tests share one grid and count their own actions, so they run one at a time.
[assembly: AssemblyFixture(typeof(NotifyHub.TelemetryTests.WatchedGrid))]
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace NotifyHub.TelemetryTests;

/// <summary>A silo and a gateway over PostgreSQL that export to a collector and can be scraped by Prometheus.</summary>
public sealed class WatchedGrid : IAsyncLifetime
{
    private OtlpReceiver? _collector;
    private LocalCluster? _cluster;

    public OtlpReceiver Collector => _collector!;

    public LocalCluster Cluster => _cluster!;

    public NotifyHubProcess Gateway => Cluster.Gateways[0];

    public NotifyHubProcess Silo => Cluster.Silos[0];

    public async ValueTask InitializeAsync()
    {
        _collector = await OtlpReceiver.StartAsync();
        _cluster = new LocalCluster
        {
            SiloCount = 1,
            GatewayCount = 1,
            Settings = [.. Settings(_collector.GrpcEndPoint, "grpc"), ("MetricsPort", "0"), ("DashboardPort", "0")],
        };
        await _cluster.InitializeAsync();
        await LocalCluster.ReadyAsync(Gateway);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
        if (_collector is not null) await _collector.DisposeAsync();
    }

    public Task<RestClient> LogInAsync() => Cluster.LogInAsync(Gateway);

    /// <summary>OpenTelemetry's standard variables, with short intervals to keep the tests fast.</summary>
    public static (string, string)[] Settings(string endPoint, string protocol) =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endPoint), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol), ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "100"), ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
    ];
}
