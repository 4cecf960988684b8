using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Network;

/// <summary>This gateway process: its name in the grid, and what it listens on right now.</summary>
public sealed class GatewayNode
{
    /// <summary>Unique for the life of the process: a restarted gateway is another gateway, with no sessions.</summary>
    public string Id { get; } = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}";

    /// <summary>The port of WebSocket and REST as bound (never 0 once started).</summary>
    public int WebSocketPort { get; set; }

    /// <summary>The port of the internal push as bound or as it will be bound again; 0 only before the first start.</summary>
    public int PushPort { get; set; }

    /// <summary>The port accepts WebSocket upgrades. The API on it answers either way.</summary>
    public bool WebSocketListening { get; set; }

    public bool PushListening { get; set; }

    /// <summary>The grid answered the last renewal and the last report.</summary>
    public bool GridReachable { get; set; } = true;

    /// <summary>The process is about to end: nobody is let in any more, whatever the operators want.</summary>
    public bool Leaving { get; set; }

    /// <summary>What the operators want, as this gateway knows it.</summary>
    public ServiceState State { get; set; } = new(Running: true, Restarts: 0);
}
