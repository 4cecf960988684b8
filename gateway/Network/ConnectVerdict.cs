namespace NotifyHub.Gateway.Network;

/// <summary>What becomes of a request for a WebSocket, as far as its address' rate decides.</summary>
public enum ConnectVerdict
{
    Granted,

    /// <summary>Too many: answered with 429.</summary>
    Refused,

    /// <summary>Far too many: closed without an answer.</summary>
    Dropped,
}
