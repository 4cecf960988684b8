namespace NotifyHub.Console.Live;

/// <summary>One line of a live socket's log.</summary>
/// <param name="Number">Counts the lines of this socket.</param>
/// <param name="Text">A message as it came or went, an address, a reason: whatever the kind is about.</param>
/// <param name="Code">The close code, an offset, a delay in milliseconds: whatever the kind counts.</param>
public sealed record LiveEntry(long Number, DateTimeOffset At, LiveEvent Kind, string Text, long? Code = null);

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
    Returning,
    Disconnecting,
    Closed,
}

public enum LiveState
{
    Off,
    Connecting,
    On,

    /// <summary>The connection ended, and it will come back by itself.</summary>
    Waiting,
}
