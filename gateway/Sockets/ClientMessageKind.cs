namespace NotifyHub.Gateway.Sockets;

public enum ClientMessageKind
{
    /// <summary>Not understood; the message says why.</summary>
    Faulty,
    Ping,
    Subscribe,

    /// <summary>About channels: see <see cref="ClientMessage.Request"/>.</summary>
    Channels,
}
