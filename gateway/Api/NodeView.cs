using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

internal sealed record NodeView(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("role"), AllowedValues("gateway", "silo", "embedded")] string Role,
    [property: JsonPropertyName("address")] string Address,
    [property: JsonPropertyName("pid")] int Pid,
    [property: JsonPropertyName("cpu")] string Cpu,
    [property: JsonPropertyName("mem")] string Mem,
    [property: JsonPropertyName("connections")] int Connections,
    [property: JsonPropertyName("started_at")] string StartedAt,
    [property: JsonPropertyName("last_seen_at")] string LastSeenAt)
{
    public static NodeView Of(NodeStatus node, TimeZoneInfo zone) => new(
        node.Report.Id,
        node.Report.Role,
        node.Report.Address,
        node.Report.Pid,
        ProcessInfo.Percent(node.Report.CpuPercent),
        ProcessInfo.Percent(node.Report.MemoryPercent),
        node.Report.Connections,
        NotificationJson.LocalTime(node.Report.StartedAt, zone),
        NotificationJson.LocalTime(node.LastSeenAt, zone));
}
