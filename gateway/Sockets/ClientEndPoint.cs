using System.Net;

namespace NotifyHub.Gateway.Sockets;

/// <summary>The endpoint that Kestrel listens on for clients; the transport recognises it by its identity.</summary>
public sealed record ClientEndPoint(IPEndPoint EndPoint);
