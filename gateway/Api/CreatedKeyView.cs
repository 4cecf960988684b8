using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="Key">What the service sends in <c>X-API-Key</c>.</param>
/// <param name="Channels">What it is limited to; absent: it is not limited.</param>
public sealed record CreatedKeyView(
    long Id,
    string Name,
    string Prefix,
    string Key,
    [property: JsonPropertyName("created_by")] string CreatedBy,
    [property: JsonPropertyName("created_at")] string CreatedAt,
    [property: AllowedValues("publish", "read", "tokens")] IReadOnlyList<string> Scopes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Channels) : IMade;
