namespace NotifyHub.Gateway.Sockets;

/// <summary>What the first <c>subscribed</c> tells about a connection.</summary>
/// <param name="Connection">Its id.</param>
/// <param name="User">The user of its client token; null: none.</param>
/// <param name="MaxChannels">Subscriptions that it may have.</param>
/// <param name="MaxMessageBytes">Bytes of a message that it may send.</param>
/// <param name="HeartbeatMilliseconds">At least this often some frame comes.</param>
public sealed record ConnectionFacts(
    string Connection, string? User, int MaxChannels, int MaxMessageBytes, long HeartbeatMilliseconds);
