using System.ComponentModel.DataAnnotations;
using NotifyHub.Hosting.Settings;

namespace NotifyHub.Gateway.Settings;

/// <summary>Settings of a gateway, section <c>NotifyHub</c>. Checked at start; all faults are reported at once.</summary>
public sealed class GatewayOptions : CommonOptions
{
    /// <summary>HS256 needs as many bytes as its hash has; a shorter key could be guessed offline from any one token.</summary>
    public const int MinJwtKeyBytes = 32;

    /// <summary>
    /// <c>Embedded</c>: a silo runs in this process too. <c>Cluster</c>: the gateway is a client of the silos in <c>Silos</c>.
    /// </summary>
    public GatewayMode Mode { get; set; } = GatewayMode.Embedded;

    /// <summary>IP address that the port for WebSocket and REST binds to; <c>*</c> is every address, IPv6 and IPv4.</summary>
    [Required]
    public string Address { get; set; } = "*";

    /// <summary>WebSocket, REST and health. 0: the system picks a free port.</summary>
    [Range(0, 65535)]
    public int WebSocketPort { get; set; } = 8080;

    /// <summary>
    /// A separate port for <c>/health/live</c> and <c>/health/ready</c>, on every address, without TLS or login, so that probes
    /// are answered however busy the other ports are (<c>WebSocketPort</c> answers them as well). The images use 8083. 0: the
    /// system picks a free port and the log names it. -1: none.
    /// </summary>
    [Range(-1, 65535)]
    public int HealthPort { get; set; } = -1;

    /// <summary>IP address that the console binds to; <c>*</c> is every address, IPv6 and IPv4.</summary>
    [Required]
    public string ConsoleAddress { get; set; } = "*";

    /// <summary>The console, and the API that it calls. 0: the system picks a free port. -1: no console.</summary>
    [Range(-1, 65535)]
    public int ConsolePort { get; set; } = 3000;

    /// <summary>
    /// Origins whose pages may call the API, for a console that is hosted elsewhere, such as <c>https://console.example.com</c>.
    /// Empty: none.
    /// </summary>
    public string[] ApiOrigins { get; set; } = [];

    /// <summary>
    /// IP address that the internal push port binds to; <c>*</c> is every address. The port has no login: open it only to a
    /// network where you know who can reach it, and set <c>PushKey</c>.
    /// </summary>
    [Required]
    public string PushAddress { get; set; } = "127.0.0.1";

    /// <summary>
    /// Internal push, one JSON object per line. 0: the system picks a free port at the first start of the service and keeps it.
    /// </summary>
    [Range(0, 65535)]
    public int PushPort { get; set; } = 8081;

    /// <summary>When set, a push connection must begin with the line <c>AUTH &lt;key&gt;</c>.</summary>
    public string PushKey { get; set; } = "";

    /// <summary>Longest pushed object, on a line and in <c>POST /api/push</c>.</summary>
    [Range(1024, 64 << 20)]
    public int PushLineBytes { get; set; } = 1 << 20;

    /// <summary>A push connection with nothing outstanding is closed after this long without a byte.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan PushIdle { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Longest time for a pushed line to arrive, from its first byte to its end. Then the sender gets an error and the connection
    /// is closed.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan PushLineTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Memory for lines that are not yet published and answered, of all push connections together. At the limit nothing is
    /// refused; connections are read in turn.
    /// </summary>
    [Range(1 << 20, 1 << 30)]
    public int PushPendingBytes { get; set; } = 64 << 20;

    /// <summary>
    /// Concurrent push connections. One more replaces the one that has been idle longest, which gets an error line; if none is
    /// idle, the new one gets the error and is closed.
    /// </summary>
    [Range(1, 100_000)]
    public int PushConnections { get; set; } = 1_000;

    /// <summary>
    /// Concurrent push connections per address (IPv6: per /64). One more replaces the longest idle one of the same address, which
    /// gets an error line; if none is idle, the new one gets the error and is closed. A host whose connections pile up cannot
    /// take all of <c>PushConnections</c>. 0: only <c>PushConnections</c> applies.
    /// </summary>
    [Range(0, 100_000)]
    public int PushConnectionsPerAddress { get; set; } = 500;

    /// <summary>Largest message that a client may send; a larger one closes the connection with 1009.</summary>
    [Range(1024, 16 << 20)]
    public int ClientMessageBytes { get; set; } = 64 << 10;

    /// <summary>
    /// Messages that a client may send per second, with bursts of two seconds' worth at first and of up to ten seconds' worth
    /// after a pause. Faster input is read at twice the rate; after eight more seconds' worth the client gets an error and is
    /// closed with 1008. WebSocket frames count, also pings and fragments.
    /// </summary>
    [Range(1, 1_000_000)]
    public int ClientMessagesPerSecond { get; set; } = 100;

    /// <summary>Clients that this gateway accepts; more are refused with 503, or 4503 (<c>notifyhub.v1</c>).</summary>
    [Range(1, 10_000_000)]
    public int ClientConnections { get; set; } = 100_000;

    /// <summary>
    /// Clients per address (IPv6: per /64); more are refused with 429, or 4503 (<c>notifyhub.v1</c>). 0: no limit, because all
    /// clients behind a proxy or NAT may share one address.
    /// </summary>
    [Range(0, 10_000_000)]
    public int ClientConnectionsPerAddress { get; set; }

    /// <summary>
    /// WebSockets that one address (IPv6: one /64) may open per second at this gateway, with bursts of ten seconds' worth. More
    /// are refused with 429 before the token is checked; far more are closed without an answer. Behind a proxy set
    /// <c>TrustedProxies</c>, or all clients share one address. 0: no limit.
    /// </summary>
    [Range(0, 1_000_000)]
    public int ClientConnectsPerSecond { get; set; } = 1_000;

    /// <summary>Interval at which the server pings a client. A client that is silent for two intervals is closed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Interval at which a client that uses channels gets a frame when nothing else comes: <c>position</c>, or
    /// <c>heartbeat</c> if it gets none. The <c>heartbeat_ms</c> that it is told is a third longer, for frames that are late on
    /// their way.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How far a client may lag behind the newest message before it is cut off with 1013.</summary>
    [Range(1 << 16, 1 << 30)]
    public int BacklogBytes { get; set; } = 16 << 20;

    /// <summary>
    /// Recent messages that a gateway keeps in memory for clients that resume, at most half of <c>BacklogBytes</c>; older ones
    /// are read from the silos.
    /// </summary>
    [Range(1 << 16, 1 << 30)]
    public int HistoryBytes { get; set; } = 4 << 20;

    /// <summary>
    /// Recent messages of all channels but <c>all</c> that a gateway keeps in memory, together, for clients that come back; older
    /// ones are read from the silos.
    /// </summary>
    [Range(1 << 16, 1 << 30)]
    public int WindowBytes { get; set; } = 64 << 20;

    /// <summary>Channels that a client may be subscribed to; a pattern counts as one. More are refused, the rest
    /// stands.</summary>
    [Range(1, 100_000)]
    public int ChannelsPerClient { get; set; } = 1_000;

    /// <summary>Patterns that a client may be subscribed to.</summary>
    [Range(0, 1_000)]
    public int PatternsPerClient { get; set; } = 10;

    /// <summary>
    /// Kernel buffer for a client that does not read, in addition to <c>BacklogBytes</c> (the kernel doubles the number for its
    /// own needs). A larger one lets a fast client far away receive more at once.
    /// </summary>
    [Range(1 << 13, 16 << 20)]
    public int SendBufferBytes { get; set; } = 256 << 10;

    /// <summary>
    /// Answers (pongs, errors) that may wait for a client. Beyond this, nothing more is read from the client until it has
    /// received them.
    /// </summary>
    [Range(4096, 16 << 20)]
    public int OutboxBytes { get; set; } = 64 << 10;

    /// <summary>
    /// A client that receives nothing for this long, while messages, history or answers wait for it, is cut off with 1013.
    /// Delivery by TCP counts: a slow client that receives bytes stays.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Memory of all clients of this gateway together: pages of history being sent, waiting answers, and long messages that
    /// arrive slowly. At the limit, requests for more wait, and the clients that have held memory longest (at least 3 s) are cut
    /// off.
    /// </summary>
    [Range(16 << 20, 1 << 30)]
    public int ClientMemoryBytes { get; set; } = 128 << 20;

    /// <summary>How long a peer may take to answer a close before its connection is reset.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan CloseGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a gateway that was asked to stop (SIGTERM) serves as before, reporting not ready, until load balancers have
    /// noticed.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainDelay { get; set; }

    /// <summary>The time over which a stopping gateway closes its clients (1012), evenly, but at least 100 per second.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DrainWindow { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a new connection may take to send its request.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Connections per port that are not clients: HTTP, handshakes in progress, and connections without a byte yet. At the limit
    /// a new one replaces the one that has been idle longest; it is closed only if all have a request in progress. Above three
    /// quarters, connections close after their request.
    /// </summary>
    [Range(1, 1_000_000)]
    public int HttpConnections { get; set; } = 10_000;

    /// <summary>
    /// Connections per port and address (IPv6: per /64) that are not clients. A new one replaces the longest idle one of the same
    /// address. Proxies in <c>TrustedProxies</c> are exempt. 0: only <c>HttpConnections</c> applies.
    /// </summary>
    [Range(0, 1_000_000)]
    public int HttpConnectionsPerAddress { get; set; } = 1_000;

    /// <summary>Threads that send to clients. 0: half the cores, at least one.</summary>
    [Range(0, 256)]
    public int Senders { get; set; }

    /// <summary>
    /// Origins whose pages may open a WebSocket, such as <c>https://app.example.com</c>; list the console's origin too if its
    /// live test should work. With a list, <c>null</c> (a page opened from a file, but also a sandboxed frame of any page) and
    /// localhost are accepted only if listed. Programs that send no <c>Origin</c> are always accepted. Empty: all pages.
    /// </summary>
    public string[] AllowedOrigins { get; set; } = [];

    /// <summary>
    /// Whether a WebSocket needs a client token, a login token or an API key (see
    /// <see href="protocol.md#tokens">protocol</see>). <c>False</c>: connections without one receive the broadcast too.
    /// </summary>
    public bool RequireToken { get; set; }

    /// <summary>
    /// Networks (<c>10.0.0.0/8</c>) and addresses of proxies whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are
    /// trusted. Empty: none.
    /// </summary>
    public string[] TrustedProxies { get; set; } = [];

    /// <summary>Certificate as PEM, followed by its intermediates, or as PFX with its key. Empty: no TLS.</summary>
    public string TlsCertificateFile { get; set; } = "";

    /// <summary>The private key of the certificate as PEM. Empty: it is in <c>TlsCertificateFile</c>.</summary>
    public string TlsKeyFile { get; set; } = "";

    /// <summary>Password of the PFX or of an encrypted key.</summary>
    public string TlsPassword { get; set; } = "";

    /// <summary>
    /// The ports that accept only TLS when there is a certificate: <c>WebSocket</c>, <c>Push</c>, <c>Console</c>, comma
    /// separated, or <c>All</c>.
    /// </summary>
    public TlsPorts TlsPorts { get; set; } = TlsPorts.All;

    /// <summary>Interval at which the certificate files are checked. New connections get a renewed certificate.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan TlsReload { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// HS256 key of the login tokens, at least 32 bytes; the same at all gateways of a grid. Required in cluster mode. Embedded
    /// and empty: one is generated and kept in <c>DataFolder</c>.
    /// </summary>
    public string JwtKey { get; set; } = "";

    /// <summary>
    /// HS256 secret that the application signs client tokens with, at least 32 bytes
    /// (see <see href="protocol.md#client-tokens">protocol</see>). Empty: none.
    /// </summary>
    public string ClientTokenSecret { get; set; } = "";

    /// <summary>
    /// File of the public keys that the application signs client tokens with, as PEM: RSA (RS256, at least 2048 bits), P-256
    /// (ES256) or Ed25519 (EdDSA). Read again within a minute of a change. Empty: none.
    /// </summary>
    public string ClientTokenKeys { get; set; } = "";

    /// <summary>
    /// The same as a JSON Web Key Set: a file or an <c>https</c> address (<c>http</c> only on this machine). An unknown
    /// <c>kid</c> makes the gateway read it again, at most once per minute; a failure keeps the keys it has. Empty: none.
    /// </summary>
    public string ClientTokenJwks { get; set; } = "";

    /// <summary>The <c>iss</c> that the application's client tokens must have. Empty: any.</summary>
    public string ClientTokenIssuer { get; set; } = "";

    /// <summary>The <c>aud</c> that the application's client tokens must have, or contain. Empty: any.</summary>
    public string ClientTokenAudience { get; set; } = "";

    /// <summary>Longest client token.</summary>
    [Range(512, 64 << 10)]
    public int ClientTokenBytes { get; set; } = 8 << 10;

    /// <summary>How long a login lasts.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan LoginLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Failed logins per minute from one address (IPv6: from one /64) before it is answered 429. Bodies that are not a login
    /// count. An account that logged in from there within a day is not affected.
    /// </summary>
    [Range(1, 100_000)]
    public int LoginFailuresPerMinute { get; set; } = 30;

    /// <summary>
    /// Whether API requests are recorded for the usage list and charts: who, method, path (without the query), status, duration,
    /// address, user agent.
    /// </summary>
    public bool RecordRequests { get; set; } = true;

    /// <summary>
    /// Where embedded mode keeps its lock and the <c>JwtKey</c> that it generated; the database itself is where <c>Storage</c>
    /// says. Accessible to its owner only; used by one process at a time.
    /// </summary>
    [Required]
    public string DataFolder { get; set; } = "data";

    /// <summary>Cluster mode: the gateway endpoints of the silos, each as <c>host:port</c>.</summary>
    public string[] Silos { get; set; } = [];

    /// <summary>
    /// Largest REST body, of a push or a batch. Every other endpoint accepts only what it needs
    /// (<see href="protocol.md#limits">protocol</see>).
    /// </summary>
    [Range(1024, 1 << 30)]
    public int RequestBytes { get; set; } = 16 << 20;

    /// <summary>
    /// All REST bodies in progress together. One caller may have half of it, or one body. More is refused with 503, or with 429
    /// beyond the caller's own share. At least <c>RequestBytes</c>.
    /// </summary>
    [Range(1L << 20, 1L << 36)]
    public long RequestBodiesBytes { get; set; } = 64 << 20;

    /// <summary>All header fields of a request together; more is answered 431. The request line may have 8 KiB.</summary>
    [Range(4096, 1 << 20)]
    public int HeaderBytes { get; set; } = 32 << 10;

    /// <summary>
    /// API requests per second of one user or API key, or of one address without a login, at one gateway; more are answered 429.
    /// 0: no limit.
    /// </summary>
    [Range(0, 1_000_000)]
    public int RequestsPerSecond { get; set; } = 5_000;

    /// <summary>The <c>heartbeat_ms</c> of <c>subscribed</c>: a client that gets no frame for so long has lost its
    /// connection.</summary>
    public int HeartbeatMs() => (int)(HeartbeatInterval.TotalMilliseconds * 4 / 3);
}
