using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>What this gateway reports about itself for the grid's list of nodes.</summary>
public sealed class NodeReports(
    GatewayNode node,
    ChannelFollower follower,
    ClientRegistry clients,
    SenderPool senders,
    DeliveryTimes times,
    IOptions<GatewayOptions> options,
    TimeProvider time)
{
    private readonly ProcessUsage _usage = new(time);
    private readonly string _role = options.Value.Mode == GatewayMode.Embedded ? "embedded" : "gateway";

    public NodeReport Now() => new(
        node.Id, _role, $"{Environment.MachineName}:{node.State.WebSocketPort}", Environment.ProcessId,
        _usage.CpuPercent(), ProcessUsage.MemoryPercent(), clients.Count, _usage.StartedAt(),
        new Traffic(follower.Log?.Head ?? -1, senders.Delivered, times.Counts()));
}
