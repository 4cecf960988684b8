using System.Text.Json.Serialization;

namespace NotifyHub.Console.Api;

public sealed record MessageStats
{
    [JsonPropertyName("totalSent")]
    public long Sent { get; init; }

    [JsonPropertyName("totalReceived")]
    public long Received { get; init; }
}
