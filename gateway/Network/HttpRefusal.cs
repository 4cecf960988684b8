namespace NotifyHub.Gateway.Network;

/// <summary>Why a connection that is no client was ended.</summary>
public enum HttpRefusal
{
    /// <summary>It was idle, and a newer one needed its place.</summary>
    Shed,

    /// <summary>The limit is reached, and all connections have a request in progress.</summary>
    Full,
}
