using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="Status">started, already_running, stopped, already_stopped or restarted.</param>
/// <param name="Unanswered">The gateways that did not confirm in time; left out when all did.</param>
internal sealed record ControlView(
    string Message,
    [property: AllowedValues("started", "already_running", "stopped", "already_stopped", "restarted")] string Status,
    [property: JsonPropertyName("process_info")] ProcessInfo? ProcessInfo,
    [property: JsonPropertyName("unanswered_gateways"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyList<string>? Unanswered);
