using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>The body of <c>POST /api/publish</c>, as the API's description shows it; it is read by <see cref="MessageReader"/>.
/// Exactly one of channel, channels and users.</summary>
/// <param name="Data">Any JSON object; subscribers get these bytes.</param>
/// <param name="Users">Ids of users, each of whom has a channel user:id.</param>
/// <param name="Key">A newer message with the same key and channel replaces it for whoever comes later.</param>
/// <param name="Ttl">Seconds, after which it counts as not retained.</param>
public sealed record NewMessage(
    JsonObject Data,
    [property: StringLength(ChannelName.MaxLength, MinimumLength = 1)] string? Channel = null,
    IReadOnlyList<string>? Channels = null,
    IReadOnlyList<string>? Users = null,
    [property: StringLength(MessageReader.KeyLength, MinimumLength = 1)] string? Key = null,
    [property: Range(1, MessageReader.MaxTtl)] int? Ttl = null,
    [property: AllowedValues("low", "normal", "high")] string? Priority = null);
