using System.Net.Sockets;

namespace NotifyHub.Gateway.Sockets;

/// <summary>One of the two: the plain socket, written directly, or a stream (TLS, or a request that came through the HTTP
/// server).</summary>
/// <param name="Socket">Non-blocking.</param>
/// <param name="Stream">The stream, and</param>
/// <param name="Abort">what ends it at once: disposing the HTTP server's stream leaves a read waiting for a peer that is
/// gone.</param>
/// <param name="Carrier">The TCP connection beneath the stream: only looked at, for what the peer has taken.</param>
public readonly record struct ClientConnection(Socket? Socket, Stream? Stream, Action? Abort = null, Socket? Carrier = null);
