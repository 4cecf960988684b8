namespace NotifyHub.Gateway.Telemetry;

/// <summary>Every reason to refuse a connection before it is a client, or may push; docs/telemetry.md lists them.</summary>
/// <param name="Port">Where it came: <c>websocket</c>, <c>push</c>, or <c>http</c> for all others.</param>
/// <param name="Reason">In one word.</param>
public sealed record Refusal(string Port, string Reason)
{
    private const string WebSocket = "websocket";
    private const string Push = "push";
    private const string Http = "http";

    /// <summary>There are <c>ClientConnections</c> already.</summary>
    public static readonly Refusal Full = new(WebSocket, "full");

    /// <summary>There are <c>ClientConnectionsPerAddress</c> from there already.</summary>
    public static readonly Refusal AddressFull = new(WebSocket, "address_full");

    /// <summary>An administrator stopped the service.</summary>
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

    /// <summary>Its address opens more WebSockets than <c>ClientConnectsPerSecond</c>.</summary>
    public static readonly Refusal RateLimited = new(WebSocket, "rate_limited");

    /// <summary>No client, idle, and a newer connection needed its place (<c>HttpConnections</c>,
    /// <c>HttpConnectionsPerAddress</c>).</summary>
    public static readonly Refusal Shed = new(WebSocket, "shed");

    /// <summary>There are <c>HttpConnections</c> (or <c>HttpConnectionsPerAddress</c>) already, each with a request under
    /// way.</summary>
    public static readonly Refusal HttpFull = new(WebSocket, "http_full");

    /// <summary>The process has too few open files left.</summary>
    public static readonly Refusal OutOfFiles = new(WebSocket, "out_of_files");

    /// <summary>As <see cref="Shed"/>, on a port that has no clients: the console, probes, metrics.</summary>
    public static readonly Refusal OtherShed = new(Http, "shed");

    /// <summary>As <see cref="HttpFull"/>, there.</summary>
    public static readonly Refusal OtherFull = new(Http, "http_full");

    /// <summary>As <see cref="OutOfFiles"/>, there.</summary>
    public static readonly Refusal OtherOutOfFiles = new(Http, "out_of_files");

    /// <summary>There are <c>PushConnections</c> already.</summary>
    public static readonly Refusal PushFull = new(Push, "full");

    /// <summary>There are <c>PushConnectionsPerAddress</c> from there already.</summary>
    public static readonly Refusal PushAddressFull = new(Push, "address_full");

    /// <summary>As <see cref="OutOfFiles"/>, on the push port.</summary>
    public static readonly Refusal PushOutOfFiles = new(Push, "out_of_files");

    /// <summary>The first line was not <c>AUTH</c> and the right key.</summary>
    public static readonly Refusal PushUnauthorized = new(Push, "unauthorized");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Refusal> All { get; } =
    [
        Full, AddressFull, Stopped, Unavailable, Unauthorized, Origin, Handshake, Silent, RateLimited, Shed, HttpFull,
        OutOfFiles, OtherShed, OtherFull, OtherOutOfFiles, PushFull, PushAddressFull, PushUnauthorized, PushOutOfFiles,
    ];
}
