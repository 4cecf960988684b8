namespace NotifyHub.Gateway.Network;

/// <summary>Why a connection that is no client was ended.</summary>
public enum HttpRefusal
{
    /// <summary>It was idle, and a newer one needed its place.</summary>
    Shed,

    /// <summary>There are as many as there may be, and all have a request under way.</summary>
    Full,
}
