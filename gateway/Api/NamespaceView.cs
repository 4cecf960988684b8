using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>A namespace with the options in effect.</summary>
/// <param name="HistoryLimit">Null: no limit.</param>
/// <param name="PublishesPerSecond">Null: no limit.</param>
/// <param name="Set">Which of them are set in this namespace; the others are those of the namespace default.</param>
public sealed record NamespaceView(
    string Name,
    [property: AllowedValues("public", "token", "staff")] string Subscribe,
    [property: AllowedValues("nobody", "token")] string Publish,
    [property: AllowedValues("none", "hour", "day", "week", "month")] string Retention,
    [property: JsonPropertyName("history_limit")] int? HistoryLimit,
    [property: AllowedValues("off", "count", "list")] string Presence,
    [property: JsonPropertyName("message_bytes")] int MessageBytes,
    [property: JsonPropertyName("publishes_per_second")] int? PublishesPerSecond,
    IReadOnlyList<string> Set)
{
    public static NamespaceView Of(NamespaceSnapshot snapshot, string name)
    {
        var options = snapshot.InEffect(name);
        return new(
            name, OptionWord.Of(options.Subscribe), OptionWord.Of(options.Publish), OptionWord.Of(options.Retention),
            options.HistoryLimit, OptionWord.Of(options.Presence), options.MessageBytes, options.PublishesPerSecond,
            snapshot.Settings.TryGetValue(name, out var settings) ? NamespaceRules.Set(settings) : []);
    }
}
