using Microsoft.Extensions.Diagnostics.HealthChecks;
using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// Ready: this gateway has known the channel, does what the operators last wanted of it, and is not about to end. The grid is not
/// asked: one silo that hangs would make every gateway unready at once, and none of them would serve better for it.
/// </summary>
internal sealed class GatewayReadiness(GatewayNode node, IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(FindFault() is { } fault ? new HealthFault(fault).Result() : HealthCheckResult.Healthy());

    private Text? FindFault()
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested || node.State.IsLeaving) return new("正在關閉", "shutting down");
        // A service that the operators have stopped is ready: the API must stay reachable, to start it again. Until the channel
        // is known for the first time nothing is listening.
        if (node.State.Service.Running == node.State.WebSocketListening) return null;
        return node.State.Service.Running
            ? new("尚未接受 WebSocket", "not accepting WebSockets yet")
            : new("仍在接受 WebSocket", "still accepting WebSockets");
    }
}
