using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="Offset">The message's place; absent where nothing is stored.</param>
public sealed record Published(
    string Channel, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Offset);
