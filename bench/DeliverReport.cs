namespace NotifyHub.Bench;

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
