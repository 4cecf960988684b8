namespace NotifyHub.Bench;

internal sealed record PublishReport(
    long Sent, long Acknowledged, int Refused, string LastRefusal, double Seconds, double AcknowledgedPerSecond,
    LatencyReport Latency);
