using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Network;

/// <summary>What a gateway does and listens on, at one moment.</summary>
public sealed record NodeState
{
    /// <summary>The port of WebSocket and REST as bound (never 0 once started).</summary>
    public int WebSocketPort { get; init; }

    /// <summary>The port of the internal push as bound or as it will be bound again; 0 only before the first start.</summary>
    public int PushPort { get; init; }

    /// <summary>The port accepts WebSocket upgrades. The API on it answers either way.</summary>
    public bool WebSocketListening { get; init; }

    public bool PushListening { get; init; }

    /// <summary>The process is about to end: no client is let in any more, whatever the operators want.</summary>
    public bool IsLeaving { get; init; }

    /// <summary>What the operators want, as this gateway knows it.</summary>
    public ServiceState Service { get; init; } = new(Running: true, Restarts: 0);
}
