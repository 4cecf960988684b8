namespace NotifyHub.Console.Live;

public enum LiveEvent
{
    Connecting,
    Connected,
    Refused,
    Received,
    Pong,
    Notification,
    Sent,
    NotConnected,
    Subscribed,
    Gap,
    Error,
    Reconnecting,
    Disconnecting,
    Closed,
}
