namespace NotifyHub.Bench.Peers;

/// <summary>Sends a message to all clients. Each server decides what its completion waits for.</summary>
public delegate ValueTask Broadcast(ReadOnlyMemory<byte> message);
