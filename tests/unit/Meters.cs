using System.Diagnostics.Metrics;
using NotifyHub.Gateway.Telemetry;

namespace NotifyHub.UnitTests;

/// <summary>Meters that nobody listens to, for what measures itself.</summary>
public sealed class Meters : IMeterFactory
{
    public static GatewayMetrics Metrics() => new(new Meters());

    public Meter Create(MeterOptions options) => new(options);

    public void Dispose()
    {
    }
}
