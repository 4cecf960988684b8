namespace NotifyHub.Gateway.Sockets;

/// <summary>Why a handshake is refused.</summary>
public enum HandshakeFault
{
    /// <summary>Not version 13: 426 with the version that is spoken.</summary>
    Version,

    /// <summary>No valid <c>Sec-WebSocket-Key</c>: 400.</summary>
    Key,

    /// <summary>The page's origin is not allowed: 403.</summary>
    Origin,

    /// <summary><c>since</c> is not an offset: 400, or for <c>notifyhub.v1</c> an <c>error</c> behind the upgrade.</summary>
    Since,
}
