using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <summary>The body of <c>PUT /api/namespaces/{name}</c>, as the API's description shows it; it is read by
/// <see cref="NamespaceRules"/>. What is not given is taken from the namespace default.</summary>
/// <param name="HistoryLimit">Messages per channel that history and resume go back at most; null: no limit.</param>
/// <param name="PublishesPerSecond">Per channel; null: no limit.</param>
public sealed record NewNamespace(
    [property: AllowedValues("public", "token", "staff")] string? Subscribe = null,
    [property: AllowedValues("nobody", "token")] string? Publish = null,
    [property: AllowedValues("none", "hour", "day", "week", "month")] string? Retention = null,
    [property: JsonPropertyName("history_limit"), Range(1, NamespaceRules.MaxNumber)] int? HistoryLimit = null,
    [property: AllowedValues("off", "count", "list")] string? Presence = null,
    [property: JsonPropertyName("message_bytes"), Range(1, NamespaceRules.MaxMessageBytes)] int? MessageBytes = null,
    [property: JsonPropertyName("publishes_per_second"), Range(1, NamespaceRules.MaxNumber)] int? PublishesPerSecond = null);
