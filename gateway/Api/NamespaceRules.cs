using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>What may be set in a namespace.</summary>
public static class NamespaceRules
{
    public const int MaxNumber = 1_000_000;
    public const int MaxMessageBytes = 1 << 20;

    /// <summary>The options, as the API names them.</summary>
    public static readonly IReadOnlyList<string> Options =
    [
        "subscribe", "publish", "retention", "history_limit", "presence", "message_bytes", "publishes_per_second",
    ];

    /// <summary>Why nothing can be set in a namespace of this name; null: it can.</summary>
    public static Failure? Refusal(string name)
    {
        if (name.StartsWith('$')) return new Failure(ErrorCatalogue.Forbidden);
        var faults = new Faults();
        if (name == GrainKeys.PublicChannel) faults.Add("name", new("頻道 all 沒有選項", "the channel all has no options"));
        else if (name.Contains(':', StringComparison.Ordinal) || !ChannelName.IsValid(name))
            faults.Add("name", new("不是命名空間的名稱", "is not the name of a namespace"));
        return faults.Any ? Failure.Invalid(faults) : null;
    }

    /// <summary>What a body sets; null, with every fault noted, when it is not as it should be.</summary>
    public static NamespaceSettings? Read(ReadOnlyMemory<byte> utf8, string name, Faults faults)
    {
        if (JsonFields.Parse(utf8, faults, Options) is not { } fields) return null;
        if (name == ChannelName.UserNamespace)
        {
            foreach (var fix in (string[])["subscribe", "publish"])
                if (fields.Has(fix)) faults.Add(fix, new("命名空間 user 的權限固定", "is fixed in the namespace user"));
        }

        var settings = new NamespaceSettings(
            Choice<SubscribeAccess>(fields, "subscribe"),
            Choice<PublishAccess>(fields, "publish"),
            Choice<Retention>(fields, "retention"),
            Limit(fields, "history_limit"),
            Choice<Presence>(fields, "presence"),
            fields.OptionalNumber("message_bytes", 1, MaxMessageBytes),
            Limit(fields, "publishes_per_second"));
        return faults.Any ? null : settings;
    }

    /// <summary>Which options are set.</summary>
    public static IReadOnlyList<string> Set(NamespaceSettings settings)
    {
        bool[] isSet =
        [
            settings.Subscribe is not null, settings.Publish is not null, settings.Retention is not null,
            settings.HistoryLimit is not null, settings.Presence is not null, settings.MessageBytes is not null,
            settings.PublishesPerSecond is not null,
        ];
        return [.. Options.Where((_, option) => isSet[option])];
    }

    private static T? Choice<T>(JsonFields fields, string name)
        where T : struct, Enum =>
        fields.OptionalChoice(name, OptionWord.All<T>()) is { } word ? OptionWord.Parse<T>(word) : null;

    // JSON null sets no limit; a field that is absent sets nothing.
    private static int? Limit(JsonFields fields, string name) =>
        fields.OptionalNumber(name, 1, MaxNumber) ?? (fields.Has(name) ? NamespaceSettings.NoLimit : null);
}
