using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="Code">One of <see cref="ErrorCatalogue"/>.</param>
/// <param name="Details">What is wrong, per field.</param>
public sealed record ErrorBody(
    string Code,
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Details);
