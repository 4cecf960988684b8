namespace NotifyHub.Gateway.Settings;

/// <summary>The ports that can speak TLS.</summary>
[Flags]
public enum TlsPorts
{
    None = 0,

    /// <summary>WebSocket and REST.</summary>
    WebSocket = 1,

    Push = 2,

    Console = 4,

    All = WebSocket | Push | Console,
}
