namespace NotifyHub.Gateway.Sockets;

/// <summary>How often at least a client that uses channels gets some frame.</summary>
public static class ChannelBeat
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
}
