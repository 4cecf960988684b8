using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <summary>What every successful answer is wrapped in.</summary>
public sealed record Envelope<T>(
    T Data,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Message = null) : IEnvelope
{
    [JsonPropertyOrder(-1)]
    public bool Success => true;

    object? IEnvelope.Data => Data;
}
