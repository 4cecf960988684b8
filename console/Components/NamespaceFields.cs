using System.Globalization;
using System.Text.Json.Nodes;
using NotifyHub.Console.Api;
using NotifyHub.Console.Language;

namespace NotifyHub.Console.Components;

/// <summary>What the form of a namespace holds. Null or empty: not set, so as in the namespace <c>default</c>.</summary>
public sealed class NamespaceFields
{
    private const int MaxNumber = 1_000_000;
    private const int MaxMessageBytes = 1 << 20;

    // In a field: no limit. In the API it is null, which is something else than not set.
    private const string NoLimit = "0";

    public string Name { get; set; } = "";

    public string? Subscribe { get; set; }

    public string? Publish { get; set; }

    public string? Retention { get; set; }

    public string HistoryLimit { get; set; } = "";

    public string? Presence { get; set; }

    public string MessageBytes { get; set; } = "";

    public string PublishesPerSecond { get; set; } = "";

    public static NamespaceFields Of(ChannelNamespace one) => new()
    {
        Name = one.Name,
        Subscribe = one.IsSet("subscribe") ? one.Subscribe : null,
        Publish = one.IsSet("publish") ? one.Publish : null,
        Retention = one.IsSet("retention") ? one.Retention : null,
        HistoryLimit = one.IsSet("history_limit") ? Text(one.HistoryLimit) : "",
        Presence = one.IsSet("presence") ? one.Presence : null,
        MessageBytes = one.IsSet("message_bytes") ? Text(one.MessageBytes) : "",
        PublishesPerSecond = one.IsSet("publishes_per_second") ? Text(one.PublishesPerSecond) : "",
    };

    /// <summary>What is wrong, by the API's names.</summary>
    public Dictionary<string, string> Faults(Texts texts)
    {
        var faults = new Dictionary<string, string>();
        if (Name.Trim() is not { Length: >= 1 and <= 255 } name || name.Contains(':', StringComparison.Ordinal))
            faults["name"] = texts.NamespaceNameRule;
        Check("history_limit", HistoryLimit, 0, MaxNumber);
        Check("message_bytes", MessageBytes, 1, MaxMessageBytes);
        Check("publishes_per_second", PublishesPerSecond, 0, MaxNumber);
        return faults;

        void Check(string field, string text, int min, int max)
        {
            if (text.Trim().Length > 0 && !(Number(text) is { } number && number >= min && number <= max))
                faults[field] = texts.NumberRule(min, max);
        }
    }

    /// <summary>The options that are set.</summary>
    public JsonObject ToOptions()
    {
        var options = new JsonObject();
        foreach (var (name, word) in new[]
        {
            ("subscribe", Subscribe), ("publish", Publish), ("retention", Retention), ("presence", Presence),
        })
            if (word is not null) options[name] = word;
        foreach (var (name, text) in new[]
        {
            ("history_limit", HistoryLimit), ("message_bytes", MessageBytes), ("publishes_per_second", PublishesPerSecond),
        })
            if (text.Trim().Length > 0) options[name] = text.Trim() == NoLimit ? null : Number(text);
        return options;
    }

    private static int? Number(string text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? NoLimit;
}
