using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="Status">ok, warning or error.</param>
/// <param name="Message">In the caller's language.</param>
/// <param name="Detail">The cause and what to do, in English as in the log; left out when there is nothing to add.</param>
public sealed record Check(
    string Name,
    [property: AllowedValues("ok", "warning", "error")] string Status,
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail = null);
