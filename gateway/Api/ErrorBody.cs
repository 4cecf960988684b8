using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="Code">One of <see cref="ErrorCatalogue"/>.</param>
/// <param name="Again">Whether the same request may succeed later.</param>
/// <param name="AfterMs">When to try again, in milliseconds.</param>
/// <param name="Details">What is wrong, per field.</param>
public sealed record ErrorBody(
    string Code,
    string Message,
    bool Again,
    [property: JsonPropertyName("after_ms"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? AfterMs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Details);
