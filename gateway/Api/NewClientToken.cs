using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="User">1 to 128 characters that make <c>user:&lt;id&gt;</c> a channel name.</param>
/// <param name="Channels">Names and patterns that its connections are subscribed to at once.</param>
/// <param name="Caps">What else it allows, and where.</param>
/// <param name="Meta">A JSON object that is shown in presence.</param>
/// <param name="ExpiresIn">Seconds, at most 30 days; absent: an hour.</param>
public sealed record NewClientToken(
    [property: StringLength(128, MinimumLength = 1)] string User,
    IReadOnlyList<string>? Channels,
    IReadOnlyList<NewClientCap>? Caps,
    JsonObject? Meta,
    [property: JsonPropertyName("expires_in"), Range(1, 2_592_000)] int? ExpiresIn);
