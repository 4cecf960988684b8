namespace NotifyHub.Console.Live;

public enum LiveState
{
    Off,
    Connecting,
    On,

    /// <summary>The connection ended; the client will reconnect.</summary>
    Waiting,
}
