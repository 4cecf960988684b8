namespace NotifyHub.Bench;

internal sealed record GeneratorReport(double CpuSeconds, double CpuPercent, double CpuMicrosPerDelivery);
