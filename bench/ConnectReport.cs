namespace NotifyHub.Bench;

internal sealed record ConnectReport(
    int Connections,
    int Slow,
    double Seconds,
    double PerSecond,
    double ServerCpuMicrosPerConnection,
    long ServerResidentBefore,
    long ServerResidentAfter,
    long ServerBytesPerConnection);
