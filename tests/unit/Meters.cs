using System.Diagnostics.Metrics;
using NotifyHub.Gateway.Telemetry;

namespace NotifyHub.UnitTests;

/// <summary>A meter factory without listeners, for classes that record metrics.</summary>
public sealed class Meters : IMeterFactory
{
    public static GatewayMetrics Metrics() => new(new Meters());

    public Meter Create(MeterOptions options) => new(options);

    public void Dispose()
    {
    }
}
