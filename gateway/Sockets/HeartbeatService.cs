using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Telemetry;

namespace NotifyHub.Gateway.Sockets;

/// <summary>The one timer of all clients: runs the <see cref="Heartbeat"/>, and samples how far clients lag for the
/// metrics.</summary>
public sealed class HeartbeatService(
    Heartbeat heartbeat, ClientRegistry clients, SenderPool senders, ChannelFollower follower, GatewayMetrics metrics,
        TimeProvider time)
    : BackgroundService
{
    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Heartbeat.Interval, time);
        var sampledAt = time.GetTimestamp();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            heartbeat.Beat(clients.All, Environment.TickCount64);
            senders.Beat();
            if (!metrics.SamplesClients || time.GetElapsedTime(sampledAt) < SampleInterval) continue;
            sampledAt = time.GetTimestamp();
            Sample();
        }
    }

    private void Sample()
    {
        if (follower.Log is not { } log) return;
        foreach (var client in clients.All)
        {
            var head = (client.IsEnveloped ? log.Envelopes : log.Plain).Head;
            metrics.Sample(senders.Of(client.Number).LagOf(client, head), client.OutboxBytes);
        }
    }
}
