namespace NotifyHub.Gateway.Network;

/// <summary>Whether a connection is let in.</summary>
public enum Admission
{
    Granted,

    /// <summary>The service is stopped, or this gateway does not know the channel yet: no client is let in.</summary>
    Closed,

    /// <summary>There are as many as there may be.</summary>
    Full,

    /// <summary>The peer's address has as many as it may.</summary>
    AddressFull,
}
