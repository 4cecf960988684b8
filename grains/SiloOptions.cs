using System.ComponentModel.DataAnnotations;
using NotifyHub.Hosting.Settings;

namespace NotifyHub.Grains;

/// <summary>Settings of a silo, section <c>NotifyHub</c>. Checked at start; all faults are reported at once.</summary>
public sealed class SiloOptions : CommonOptions
{
    /// <summary>Connection string: PostgreSQL (<c>Host=…</c>) or SQLite (<c>Data Source=…</c>).</summary>
    [Required]
    public string Storage { get; set; } = "Data Source=data/notifyhub.db";

    /// <summary>Start although the database may lose what was acknowledged: a server with <c>fsync</c> or
    /// <c>full_page_writes</c> off. The status warns of it then.</summary>
    public bool AllowDataLoss { get; set; }

    /// <summary>First administrator, made when there is no user with this address.</summary>
    [Required]
    public string AdministratorEmail { get; set; } = "admin@notifyhub.com";

    /// <summary>First administrator's password. Embedded mode alone has a default (<c>admin123</c>, with a warning).</summary>
    public string AdministratorPassword { get; set; } = "";

    /// <summary>Messages older than this leave the log.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan RetentionAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Messages beyond this many leave the log, the oldest first.</summary>
    [Range(1_000, 1_000_000_000)]
    public long RetentionMessages { get; set; } = 1_000_000;

    /// <summary>Stored sessions, notifications and runs of schedules older than this are deleted; the totals stay.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan HistoryAge { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Records of API requests older than this are deleted; the sums a day stay as long as <see cref="HistoryAge"/>.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan UsageAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Records of API requests beyond this many are deleted, the oldest first.</summary>
    [Range(1_000, 100_000_000)]
    public long UsageRows { get; set; } = 1_000_000;

    /// <summary>Requests of callers without a login are stored as sums per minute, address and endpoint; sums beyond this many are deleted, the oldest
    /// first.</summary>
    [Range(1_000, 10_000_000)]
    public long AnonymousRows { get; set; } = 100_000;

    /// <summary>Stored sessions that have ended, beyond this many, are deleted: first those of networks that have more than a hundredth of them, then
    /// the oldest. The totals stay.</summary>
    [Range(1_000, 100_000_000)]
    public long SessionRows { get; set; } = 1_000_000;

    /// <summary>Entries of the audit log older than this are deleted.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan AuditAge { get; set; } = TimeSpan.FromDays(365);

    /// <summary>Entries of logins in the audit log beyond this many are deleted, the oldest first; of failed ones as
    /// many.</summary>
    [Range(1_000, 100_000_000)]
    public int AuditLogins { get; set; } = 100_000;

    /// <summary>A scheduled run that is late by no more than this is sent all the same; later it counts as missed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ScheduleGrace { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a gateway or silo may be silent before its sessions are closed and it leaves the list of nodes.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:05:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of payload that may wait for the disk in one channel; past it publishes are refused as busy.</summary>
    [Range(1 << 20, 1 << 30)]
    public int PublishQueueBytes { get; set; } = 64 << 20;

    /// <summary>Bytes of recent payload a channel keeps in memory, for gateways that lag or repair a hole.</summary>
    [Range(1 << 16, 1 << 30)]
    public int RecentBytes { get; set; } = 8 << 20;

    /// <summary>Failed sign-ins of one account from one network (an IPv4 address, the /64 of IPv6) before it is locked for that
    /// network. Ten times as many from all networks that are new to the account lock it for those.</summary>
    [Range(1, 1000)]
    public int SignInAttempts { get; set; } = 5;

    /// <summary>How long it stays locked.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SignInLock { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Cluster mode: the port that other silos reach this one at.</summary>
    [Range(1, 65535)]
    public int SiloPort { get; set; } = 11111;

    /// <summary>Cluster mode: the port that gateways reach this silo at.</summary>
    [Range(1, 65535)]
    public int GatewayPort { get; set; } = 30000;

    /// <summary>Cluster mode: where silos and gateways reach this silo: an IP address, or a network such as <c>10.0.3.0/24</c>, of which
    /// this machine's address is taken. Empty: the machine's own.</summary>
    public string AdvertisedAddress { get; set; } = "";

    /// <summary>A silo of its own: the port of <c>/health/live</c> and <c>/health/ready</c>. 0: the system picks a free port. An
    /// embedded gateway may have none (-1); a silo of its own must.</summary>
    [Range(-1, 65535)]
    public int HealthPort { get; set; } = 8082;

    /// <summary>A silo of its own: the port of Orleans' dashboard, on loopback alone. 0: the system picks a free port. -1: none.</summary>
    [Range(-1, 65535)]
    public int DashboardPort { get; set; } = -1;
}
