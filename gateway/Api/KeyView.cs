using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="Channels">What it is limited to; absent: it is not limited.</param>
public sealed record KeyView(
    long Id,
    string Name,
    string Prefix,
    [property: JsonPropertyName("created_by")] string CreatedBy,
    [property: JsonPropertyName("created_at")] string CreatedAt,
    [property: JsonPropertyName("last_used_at")] string? LastUsedAt,
    [property: JsonPropertyName("revoked_at")] string? RevokedAt,
    [property: AllowedValues("publish", "read", "tokens")] IReadOnlyList<string> Scopes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Channels);
