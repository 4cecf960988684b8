using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace NotifyHub.Bench.Peers;

/// <summary>Hands a message to all clients; what its answer waits for is the server's own matter.</summary>
public delegate ValueTask Broadcast(ReadOnlyMemory<byte> message);
