using System.Text.Json.Serialization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>A channel and the options in effect for it; all of them null for the channel <c>all</c>, which has none.</summary>
/// <param name="Namespace">Null for the channel all.</param>
/// <param name="HistoryLimit">Null: no limit.</param>
/// <param name="PublishesPerSecond">Null: no limit.</param>
public sealed record ChannelView(
    string Channel,
    string? Namespace,
    string? Subscribe,
    string? Publish,
    string? Retention,
    [property: JsonPropertyName("history_limit")] int? HistoryLimit,
    string? Presence,
    [property: JsonPropertyName("message_bytes")] int? MessageBytes,
    [property: JsonPropertyName("publishes_per_second")] int? PublishesPerSecond)
{
    public static ChannelView Of(string channel, NamespaceOptions options) => channel == GrainKeys.PublicChannel
        ? new(channel, null, null, null, null, null, null, null, null)
        : new(
            channel, ChannelName.NamespaceOf(channel), OptionWord.Of(options.Subscribe), OptionWord.Of(options.Publish),
            OptionWord.Of(options.Retention), options.HistoryLimit, OptionWord.Of(options.Presence), options.MessageBytes,
            options.PublishesPerSecond);
}
