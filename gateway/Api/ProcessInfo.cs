using System.Globalization;
using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="Cpu">Percent of one core, one decimal.</param>
/// <param name="Mem">Percent of the machine's memory, one decimal.</param>
/// <param name="StartTime">HH:mm in the server's time zone.</param>
internal sealed record ProcessInfo(
    [property: JsonPropertyName("pid")] int Pid,
    [property: JsonPropertyName("cpu")] string Cpu,
    [property: JsonPropertyName("mem")] string Mem,
    [property: JsonPropertyName("start_time")] string StartTime,
    [property: JsonPropertyName("command")] string Command)
{
    public static string Percent(double percent) => percent.ToString("0.0", CultureInfo.InvariantCulture);
}
