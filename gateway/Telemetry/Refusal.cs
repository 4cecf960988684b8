namespace NotifyHub.Gateway.Telemetry;

/// <summary>Every way a connection is turned away before it is a client, or may push; docs/telemetry.md lists them.</summary>
/// <param name="Port">Where it came: <c>websocket</c> or <c>push</c>.</param>
/// <param name="Reason">In one word.</param>
public sealed record Refusal(string Port, string Reason)
{
    private const string WebSocket = "websocket";
    private const string Push = "push";

    /// <summary>There are <c>ClientConnections</c> already.</summary>
    public static readonly Refusal Full = new(WebSocket, "full");

    /// <summary>There are <c>ClientConnectionsPerAddress</c> from there already.</summary>
    public static readonly Refusal AddressFull = new(WebSocket, "address_full");

    /// <summary>An operator stopped the service.</summary>
    public static readonly Refusal Stopped = new(WebSocket, "stopped");

    /// <summary>This gateway does not know the channel yet, or the grid, which knows the tokens, does not answer.</summary>
    public static readonly Refusal Unavailable = new(WebSocket, "unavailable");

    /// <summary>A token is needed, or the one shown is not good.</summary>
    public static readonly Refusal Unauthorized = new(WebSocket, "unauthorized");

    /// <summary>A page of an origin that is not allowed.</summary>
    public static readonly Refusal Origin = new(WebSocket, "origin");

    /// <summary>Another version than 13, no valid key, or <c>since</c> is no offset.</summary>
    public static readonly Refusal Handshake = new(WebSocket, "handshake");

    /// <summary>Not one byte came within <c>HandshakeTimeout</c>.</summary>
    public static readonly Refusal Silent = new(WebSocket, "silent");

    /// <summary>As many as there may be had not sent a byte yet.</summary>
    public static readonly Refusal SilentFull = new(WebSocket, "silent_full");

    /// <summary>There are <c>PushConnections</c> already.</summary>
    public static readonly Refusal PushFull = new(Push, "full");

    /// <summary>There are <c>PushConnectionsPerAddress</c> from there already.</summary>
    public static readonly Refusal PushAddressFull = new(Push, "address_full");

    /// <summary>The first line was not <c>AUTH</c> and the right key.</summary>
    public static readonly Refusal PushUnauthorized = new(Push, "unauthorized");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Refusal> All { get; } =
    [
        Full, AddressFull, Stopped, Unavailable, Unauthorized, Origin, Handshake, Silent, SilentFull, PushFull, PushAddressFull, PushUnauthorized,
    ];
}
