namespace NotifyHub.Gateway.Api;

public sealed record MessageStats(
    long TotalSent, long TotalReceived, double AvgSentPerConnection, double AvgReceivedPerConnection);
