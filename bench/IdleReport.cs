namespace NotifyHub.Bench;

internal sealed record IdleReport(double Seconds, double ServerCpuPercent, long ServerResident);
