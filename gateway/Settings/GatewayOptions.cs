using System.ComponentModel.DataAnnotations;
using NotifyHub.Hosting.Settings;

namespace NotifyHub.Gateway.Settings;

/// <summary>Settings of a gateway, section <c>NotifyHub</c>. Checked at start; all faults are reported at once.</summary>
public sealed class GatewayOptions : CommonOptions
{
    /// <summary>HS256 needs as many bytes as its hash has; a shorter key could be guessed offline from any one token.</summary>
    public const int MinJwtKeyBytes = 32;

    /// <summary>Embedded: the silo runs in this process too. Cluster: this process is an Orleans client of the silos.</summary>
    public GatewayMode Mode { get; set; } = GatewayMode.Embedded;

    /// <summary>IP address that 8080 binds to; <c>*</c> is every address, IPv6 and IPv4.</summary>
    [Required]
    public string Address { get; set; } = "*";

    /// <summary>WebSocket, REST and health. 0: the system picks a free port.</summary>
    [Range(0, 65535)]
    public int WebSocketPort { get; set; } = 8080;

    /// <summary>Port of its own for <c>/health/live</c> and <c>/health/ready</c>, on every address and without TLS, so that
    /// probes are answered whatever the other ports are busy with; 8080 answers them as well. 0: the system picks a free port.
    /// -1: none.</summary>
    [Range(-1, 65535)]
    public int HealthPort { get; set; } = -1;

    /// <summary>IP address that the console binds to; <c>*</c> is every address, IPv6 and IPv4.</summary>
    [Required]
    public string ConsoleAddress { get; set; } = "*";

    /// <summary>The console, and the API it calls. 0: the system picks a free port. -1: no console.</summary>
    [Range(-1, 65535)]
    public int ConsolePort { get; set; } = 3000;

    /// <summary>Origins whose pages may call the API: a console that is served from elsewhere. Empty: none.</summary>
    public string[] ApiOrigins { get; set; } = [];

    /// <summary>IP address that 8081 binds to. Loopback unless you know who can reach it: it has no login.</summary>
    [Required]
    public string PushAddress { get; set; } = "127.0.0.1";

    /// <summary>Internal push, a JSON object a line. 0: the system picks a free port.</summary>
    [Range(0, 65535)]
    public int PushPort { get; set; } = 8081;

    /// <summary>When set, a push connection must begin with the line <c>AUTH &lt;key&gt;</c>.</summary>
    public string PushKey { get; set; } = "";

    /// <summary>Longest push line in bytes.</summary>
    [Range(1024, 64 << 20)]
    public int PushLineBytes { get; set; } = 1 << 20;

    /// <summary>A push connection with nothing outstanding is closed after this long without a byte.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan PushIdle { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one pushed line may take to arrive, from its first byte to its end.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan PushLineTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Memory for pushed lines that are not published and answered yet, of all push connections; at the bound they are read from in turn.</summary>
    [Range(1 << 20, 1 << 30)]
    public int PushPendingBytes { get; set; } = 64 << 20;

    /// <summary>Push connections at a time. One more takes the place of the one that has been idle the longest; it is refused when none is idle.</summary>
    [Range(1, 100_000)]
    public int PushConnections { get; set; } = 1_000;

    /// <summary>Push connections from one address, of IPv6 from one /64; one more takes the place of its address' longest idle one. 0: no limit but
    /// that of all. Half of all, so that one host whose connections pile up leaves places to the others.</summary>
    [Range(0, 100_000)]
    public int PushConnectionsPerAddress { get; set; } = 500;

    /// <summary>Largest message a client may send, in bytes; a larger one closes it with 1009.</summary>
    [Range(1024, 16 << 20)]
    public int ClientMessageBytes { get; set; } = 64 << 10;

    /// <summary>Messages (to be exact, frames) a client may send a second; a new one two seconds' worth at once, and up to ten
    /// when it has saved them up. What comes faster is read at twice the rate; eight seconds' worth more and it is closed with
    /// 1008.</summary>
    [Range(1, 1_000_000)]
    public int ClientMessagesPerSecond { get; set; } = 100;

    /// <summary>Clients of this gateway; more are refused with 503.</summary>
    [Range(1, 10_000_000)]
    public int ClientConnections { get; set; } = 100_000;

    /// <summary>Clients from one address, of IPv6 from one /64; more are refused with 429. 0: as many as like, for behind a proxy or a NAT
    /// many are one address.</summary>
    [Range(0, 10_000_000)]
    public int ClientConnectionsPerAddress { get; set; }

    /// <summary>WebSockets that one address, of IPv6 one /64, may open per second; ten seconds' worth may come at once, more are
    /// refused with 429. 0: no limit.</summary>
    [Range(0, 1_000_000)]
    public int ClientConnectsPerSecond { get; set; } = 1_000;

    /// <summary>How often the server pings a client; a client silent for two intervals is closed as dead.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes a client may lag behind the newest message before it is cut off with 1013.</summary>
    [Range(1 << 16, 1 << 30)]
    public int BacklogBytes { get; set; } = 16 << 20;

    /// <summary>Bytes of recent messages a gateway keeps ready for clients that resume, at most half of <see cref="BacklogBytes"/>; older ones
    /// are read from the silos.</summary>
    [Range(1 << 16, 1 << 30)]
    public int HistoryBytes { get; set; } = 4 << 20;

    /// <summary>Bytes that the system may hold for a client that does not take them, beyond its backlog here (the system doubles the number for
    /// its own needs). Left to itself it takes up to 4 MB of kernel memory for each client that stopped reading.</summary>
    [Range(1 << 13, 16 << 20)]
    public int SendBufferBytes { get; set; } = 256 << 10;

    /// <summary>Bytes of answers (pong, errors) that may wait for a client; past it nothing more is read from the client until
    /// it has taken them.</summary>
    [Range(4096, 16 << 20)]
    public int OutboxBytes { get; set; } = 64 << 10;

    /// <summary>How long a client may take nothing while something waits for it before it is cut off with 1013.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes that all clients together may hold in pages of history, answers that wait and long messages that come
    /// slowly. At the bound reading waits, and who has held the longest is cut off.</summary>
    [Range(16 << 20, 1 << 30)]
    public int ClientMemoryBytes { get; set; } = 128 << 20;

    /// <summary>How long a client that is being closed may take to answer before its connection is reset.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan CloseGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a gateway that is told to end goes on as before, its readiness off, until load balancers have noticed.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainDelay { get; set; }

    /// <summary>The time over which a gateway that ends closes its clients, evenly, but never fewer than 100 per second.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DrainWindow { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a new connection may take to send its request.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Connections per port that are no clients: HTTP, handshakes, and those that have not sent a byte. When there are
    /// so many, a new one takes the place of the one that has been idle the longest.</summary>
    [Range(1, 1_000_000)]
    public int HttpConnections { get; set; } = 10_000;

    /// <summary>Connections per port that are no clients from one address, of IPv6 from one /64; a new one takes the place of its
    /// address' oldest idle one. Proxies in <see cref="TrustedProxies"/> are exempt. 0: no limit but that of all.</summary>
    [Range(0, 1_000_000)]
    public int HttpConnectionsPerAddress { get; set; } = 1_000;

    /// <summary>Threads that send to clients; 0: half of the cores, at least one.</summary>
    [Range(0, 256)]
    public int Senders { get; set; }

    /// <summary>Origins whose pages may open a WebSocket; with a list, <c>null</c> and localhost only if it names them. Empty:
    /// all. Programs that send no <c>Origin</c> are never refused.</summary>
    public string[] AllowedOrigins { get; set; } = [];

    /// <summary>A WebSocket needs a login token or an API key. False: whoever comes without one gets the broadcast too, as the guide has it.</summary>
    public bool RequireToken { get; set; }

    /// <summary>Networks and addresses of proxies whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are believed. Empty: nobody's.</summary>
    public string[] TrustedProxies { get; set; } = [];

    /// <summary>Certificate, and its intermediates behind it, as PEM, or a PFX with the key. Empty: no TLS.</summary>
    public string TlsCertificateFile { get; set; } = "";

    /// <summary>The certificate's private key as PEM. Empty: it is in <see cref="TlsCertificateFile"/>.</summary>
    public string TlsKeyFile { get; set; } = "";

    /// <summary>Password of the PFX or of an encrypted key.</summary>
    public string TlsPassword { get; set; } = "";

    /// <summary>The ports that speak TLS when there is a certificate, and nothing else then.</summary>
    public TlsPorts TlsPorts { get; set; } = TlsPorts.All;

    /// <summary>How often the certificate's files are looked at for a renewed one.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan TlsReload { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>HS256 key of the login tokens, at least 32 bytes of UTF-8. Empty in embedded mode: one is made and kept in
    /// <see cref="DataFolder"/>.</summary>
    public string JwtKey { get; set; } = "";

    /// <summary>How long a login lasts.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan LoginLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Failed logins from one address a minute before it is answered 429.</summary>
    [Range(1, 100_000)]
    public int LoginFailuresPerMinute { get; set; } = 30;

    /// <summary>Whether requests to the API are recorded: who, what, when and how it ended.</summary>
    public bool RecordRequests { get; set; } = true;

    /// <summary>Where embedded mode keeps what it makes itself.</summary>
    [Required]
    public string DataFolder { get; set; } = "data";

    /// <summary>Cluster mode: the silos' gateway endpoints, <c>host:port</c> each.</summary>
    public string[] Silos { get; set; } = [];

    /// <summary>Largest REST body in bytes: of a batch. Every other endpoint takes only what its purpose needs.</summary>
    [Range(1024, 1 << 30)]
    public int RequestBytes { get; set; } = 16 << 20;

    /// <summary>Bytes of all REST bodies that are handled at a time; one caller has half of them at most. What is more is refused
    /// with 503, or 429 for the caller's own share. At least <see cref="RequestBytes"/>.</summary>
    [Range(1L << 20, 1L << 36)]
    public long RequestBodiesBytes { get; set; } = 64 << 20;

    /// <summary>All header fields of a request together, in bytes.</summary>
    [Range(4096, 1 << 20)]
    public int HeaderBytes { get; set; } = 32 << 10;

    /// <summary>API requests a second of one user or API key, or of one address that is nobody; 0: no limit.</summary>
    [Range(0, 1_000_000)]
    public int RequestsPerSecond { get; set; } = 5_000;
}
