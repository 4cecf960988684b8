using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="Gateway">Which gateway holds, or held, the client.</param>
/// <param name="Protocol">The subprotocol, "" without one.</param>
/// <param name="User">The user of the client token that it was opened with; absent: it came without one.</param>
public sealed record ConnectionMetadata(
    string Gateway,
    string Protocol,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? User);
