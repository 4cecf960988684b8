using System.ComponentModel.DataAnnotations;
using NotifyHub.Hosting.Settings;

namespace NotifyHub.Grains.Settings;

/// <summary>Settings of a silo, section <c>NotifyHub</c>. Checked at start; all faults are reported at once.</summary>
public sealed class SiloOptions : CommonOptions
{
    /// <summary>
    /// Connection string: SQLite (<c>Data Source=…</c>, the path of a file) or PostgreSQL
    /// (<c>Host=…;Database=…;Username=…;Password=…</c>; for several hosts and poolers see
    /// <see href="operations.md#a-standby-that-takes-over">operations</see>).
    /// </summary>
    [Required]
    public string Storage { get; set; } = "Data Source=data/notifyhub.db";

    /// <summary>
    /// Start although the PostgreSQL server has <c>fsync</c> or <c>full_page_writes</c> off, so that a crash of its machine loses
    /// acknowledged data. <c>False</c>: the start is refused. <c>True</c>: the log and the status warn.
    /// </summary>
    public bool AllowDataLoss { get; set; }

    /// <summary>The first administrator, created if there is no user with this address.</summary>
    [Required]
    public string AdministratorEmail { get; set; } = "admin@notifyhub.com";

    /// <summary>
    /// The first administrator's password. Required in a cluster. Embedded and empty: <c>admin123</c>, with a warning in the log;
    /// until it is changed, it works only from this machine (loopback).
    /// </summary>
    public string AdministratorPassword { get; set; } = "";

    /// <summary>Messages older than this are deleted from the log; a client can no longer resume before them.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan RetentionAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>The log keeps at most this many messages; the oldest are deleted first.</summary>
    [Range(1_000, 1_000_000_000)]
    public long RetentionMessages { get; set; } = 1_000_000;

    /// <summary>Stored sessions, notifications and schedule runs older than this are deleted; the totals stay.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan HistoryAge { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// Records of API requests older than this are deleted; the sums per day and endpoint stay as long as <c>HistoryAge</c>.
    /// </summary>
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan UsageAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>At most this many records of API requests are kept; the oldest are deleted first.</summary>
    [Range(1_000, 100_000_000)]
    public long UsageRows { get; set; } = 1_000_000;

    /// <summary>
    /// Requests without a login are stored as sums per minute, address and endpoint, at most about 256 per minute and gateway.
    /// Once an hour, sums beyond this many are deleted, the oldest first.
    /// </summary>
    [Range(1_000, 10_000_000)]
    public long AnonymousRows { get; set; } = 100_000;

    /// <summary>
    /// At most this many ended sessions are kept, even before <c>HistoryAge</c>. Sessions of networks (an IPv4 address, an IPv6
    /// /64) with more than a hundredth of them are deleted first, then the oldest. The totals stay.
    /// </summary>
    [Range(1_000, 100_000_000)]
    public long SessionRows { get; set; } = 1_000_000;

    /// <summary>Entries of the audit log older than this are deleted.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan AuditAge { get; set; } = TimeSpan.FromDays(365);

    /// <summary>
    /// At most this many entries of logins are kept in the audit log, as many of failed ones, and as many of issued client
    /// tokens; the oldest are deleted first.
    /// </summary>
    [Range(1_000, 100_000_000)]
    public int AuditLogins { get; set; } = 100_000;

    /// <summary>
    /// A scheduled run that is late by no more than this (a silo failed, the database was down) is still sent. A later one counts
    /// as missed, and its schedule says what to do with it.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ScheduleGrace { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a gateway or silo may be silent before its sessions are closed and it is removed from the list of nodes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:05:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Memory for publishes that wait for the disk: their text plus about 128 bytes per message. <c>all</c> has as much as all
    /// other channels together. Beyond this, publishes are refused as busy.
    /// </summary>
    [Range(1 << 20, 1 << 30)]
    public int PublishQueueBytes { get; set; } = 64 << 20;

    /// <summary>
    /// Recent payload that is kept in memory, for gateways that lag or have a gap. <c>all</c> has as much as all other channels
    /// together.
    /// </summary>
    [Range(1 << 16, 1 << 30)]
    public int RecentBytes { get; set; } = 8 << 20;

    /// <summary>
    /// Failed sign-ins to one account from one network (an IPv4 address or an IPv6 /64) before it is locked there, and only
    /// there. Ten times as many from networks that are new to the account lock it for those.
    /// </summary>
    [Range(1, 1000)]
    public int SignInAttempts { get; set; } = 5;

    /// <summary>How long it stays locked.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SignInLock { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Cluster mode: the port where other silos reach this one.</summary>
    [Range(1, 65535)]
    public int SiloPort { get; set; } = 11111;

    /// <summary>Cluster mode: the port where gateways reach this silo.</summary>
    [Range(1, 65535)]
    public int GatewayPort { get; set; } = 30000;

    /// <summary>
    /// Cluster mode: where silos and gateways reach this silo: an IP address, or a network such as <c>10.0.3.0/24</c> that
    /// contains this machine's address. Empty: the machine's own.
    /// </summary>
    public string AdvertisedAddress { get; set; } = "";

    /// <summary>
    /// Separate silo: the port of <c>/health/live</c> and <c>/health/ready</c>; it is required. 0: the system picks a free port.
    /// </summary>
    [Range(-1, 65535)]
    public int HealthPort { get; set; } = 8082;

    /// <summary>
    /// Separate silo: the port of the Orleans dashboard, on 127.0.0.1 only, because it has no login; reach it by a tunnel
    /// (<c>ssh -L</c>, <c>kubectl port-forward</c>). While on, it measures every grain call. 0: the system picks a free port. -1:
    /// none.
    /// </summary>
    [Range(-1, 65535)]
    public int DashboardPort { get; set; } = -1;
}
