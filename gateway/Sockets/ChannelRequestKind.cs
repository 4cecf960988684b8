namespace NotifyHub.Gateway.Sockets;

/// <summary>What a client wants of channels.</summary>
public enum ChannelRequestKind
{
    Subscribe,
    Unsubscribe,
    Publish,
    History,
    Ack,
    Token,
}
