using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="Offset">The place of the one object in the channel.</param>
/// <param name="Offsets">The places of a batch's objects, in order.</param>
public sealed record Pushed(
    string Channel,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Offset,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<long>? Offsets);
