using System.ComponentModel.DataAnnotations;

namespace NotifyHub.Hosting.Settings;

/// <summary>The settings that gateways and silos share, section <c>NotifyHub</c>.</summary>
public abstract class CommonOptions
{
    public const string Section = "NotifyHub";

    static CommonOptions() => Duration.UseInConfiguration();

    /// <summary>IANA time zone of the dates in answers and of "today"; empty: the machine's. Use the same in all processes of a grid.</summary>
    public string TimeZone { get; set; } = "";

    /// <summary>Folder of files that each hold one setting and have its name (<c>NotifyHub__Storage</c>), as Docker and Kubernetes mount
    /// secrets. Empty: none.</summary>
    public string SecretsFolder { get; set; } = "";

    /// <summary>JSON file with the process id and the bound ports, for scripts: it is there while the process serves. Empty:
    /// none.</summary>
    public string StateFile { get; set; } = "";

    /// <summary>IP address that the metrics port binds to; <c>*</c> is every address. It has no login.</summary>
    [Required]
    public string MetricsAddress { get; set; } = "127.0.0.1";

    /// <summary>Port on which Prometheus scrapes <c>/metrics</c>. 0: the system picks a free port. -1: none.</summary>
    [Range(-1, 65535)]
    public int MetricsPort { get; set; } = -1;

    /// <summary>The zone that <see cref="TimeZone"/> names.</summary>
    public TimeZoneInfo Zone() => TimeZone.Length == 0 ? TimeZoneInfo.Local : TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
}
