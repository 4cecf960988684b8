using System.Collections.Immutable;

namespace NotifyHub.Gateway.Network;

/// <summary>This gateway process: its name in the grid, and its state. Only <c>ListenerControl</c> publishes states.</summary>
public sealed class GatewayNode
{
    private NodeState _state = new();

    /// <summary>Unique for the life of the process: a restarted gateway is another gateway, with no sessions.</summary>
    public string Id { get; } = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}";

    /// <summary>The newest state. Read it once where several of its values have to fit together.</summary>
    public NodeState State => Volatile.Read(ref _state);

    /// <summary>Changes the newest state.</summary>
    /// <param name="change">Runs again when another change came in between.</param>
    public void Publish(Func<NodeState, NodeState> change) => ImmutableInterlocked.Update(ref _state, change);
}
