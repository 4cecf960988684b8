namespace NotifyHub.GrainInterfaces;

/// <summary>What is set in all namespaces at one time.</summary>
/// <param name="Version">Another one after every change.</param>
/// <param name="Settings">By the namespace's name.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.NamespaceSnapshot")]
public sealed record NamespaceSnapshot(
    [property: Id(0)] string Version, [property: Id(1)] Dictionary<string, NamespaceSettings> Settings)
{
    /// <summary>How many namespaces can have options of their own: every gateway holds all of them.</summary>
    public const int MaxNamespaces = 1_000;

    /// <summary>The options in effect in a namespace.</summary>
    public NamespaceOptions InEffect(string name)
    {
        var defaults = Of(ChannelName.DefaultNamespace).Over(new NamespaceOptions());
        var options = name == ChannelName.DefaultNamespace ? defaults : Of(name).Over(defaults);
        // Fixed there: the user, staff, and client tokens that allow it.
        return name == ChannelName.UserNamespace
            ? options with { Subscribe = SubscribeAccess.Token, Publish = PublishAccess.Token } : options;
    }

    /// <summary>The options in effect in every namespace that has its own. All others have those of <c>default</c>.</summary>
    public Dictionary<string, NamespaceOptions> InEffect() =>
        Settings.Keys.Union([ChannelName.DefaultNamespace, ChannelName.UserNamespace]).ToDictionary(name => name, InEffect);

    private NamespaceSettings Of(string name) => Settings.GetValueOrDefault(name) ?? new NamespaceSettings();
}
