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
    Reconnecting,
    Disconnecting,
    Closed,
}
