using System.ComponentModel.DataAnnotations;

namespace NotifyHub.Hosting.Settings;

/// <summary>The settings that gateways and silos share, section <c>NotifyHub</c>.</summary>
public abstract class CommonOptions
{
    public const string Section = "NotifyHub";

    static CommonOptions() => Duration.UseInConfiguration();

    /// <summary>
    /// IANA time zone of the dates in answers and of "today", such as <c>Asia/Taipei</c>; the same in all processes of a grid.
    /// Empty: the machine's.
    /// </summary>
    public string TimeZone { get; set; } = "";

    /// <summary>
    /// Folder of files with one setting each, named after it: the file <c>NotifyHub__JwtKey</c> contains that setting, without
    /// the line end. They override every other source. Empty: none.
    /// </summary>
    public string SecretsFolder { get; set; } = "";

    /// <summary>
    /// JSON file for scripts with <c>pid</c> and the ports as bound (-1: not open): a gateway's <c>websocket_port</c>,
    /// <c>push_port</c>, <c>console_port</c>, <c>health_port</c> and <c>metrics_port</c>; a separate silo's <c>silo_port</c>,
    /// <c>gateway_port</c>, <c>health_port</c>, <c>metrics_port</c> and <c>dashboard_port</c>. It appears, complete, once the
    /// process serves, and is deleted when it ends; a killed process leaves it behind. Empty: none.
    /// </summary>
    public string StateFile { get; set; } = "";

    /// <summary>
    /// IP address that the metrics port binds to; <c>*</c> is every address. The port has no login: open it only to the network
    /// of Prometheus.
    /// </summary>
    [Required]
    public string MetricsAddress { get; set; } = "127.0.0.1";

    /// <summary>
    /// Where Prometheus scrapes <c>/metrics</c> (see <see href="telemetry.md">telemetry</see>); usually 9464, and another port
    /// for each process on a machine. 0: the system picks a free port and the log names it. -1: none.
    /// </summary>
    [Range(-1, 65535)]
    public int MetricsPort { get; set; } = -1;

    /// <summary>The zone that <see cref="TimeZone"/> names.</summary>
    public TimeZoneInfo Zone() => TimeZone.Length == 0 ? TimeZoneInfo.Local : TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
}
