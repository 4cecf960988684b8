using System.Net;

namespace NotifyHub.Gateway.Sockets;

/// <summary>The endpoint that Kestrel is told to listen on for clients; by its identity the transport knows it again.</summary>
public sealed record ClientEndPoint(IPEndPoint EndPoint);
