using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <summary>What every failed answer is wrapped in.</summary>
public sealed record ErrorEnvelope(ErrorBody Error)
{
    [JsonPropertyOrder(-1)]
    public bool Success => false;
}
