using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>
/// Who may do what in which channel, for every kind of client. The namespace is the ceiling; a client token's permissions are
/// what is used of it. Names are valid ones, or the system's (<c>$…</c>), of which there is none yet.
/// </summary>
public sealed class ChannelAccess(Namespaces namespaces)
{
    /// <summary>To a name or a pattern.</summary>
    public bool MaySubscribe(ClientPrincipal who, string nameOrPattern) => May(who, nameOrPattern, ChannelActions.Subscribe);

    /// <summary>To read what was before: <c>last</c>, <c>history</c>.</summary>
    public bool MayReadHistory(ClientPrincipal who, string nameOrPattern) => May(who, nameOrPattern, ChannelActions.History);

    /// <summary>By a socket.</summary>
    public bool MayPublish(ClientPrincipal who, string channel) =>
        channel != GrainKeys.PublicChannel && !IsSystem(channel) && who.Token is not null
        && (ChannelName.NamespaceOf(channel) == ChannelName.UserNamespace
            || namespaces.Of(channel).Publish == PublishAccess.Token)
        && HasCap(who.Token, channel, ChannelActions.Publish);

    private bool May(ClientPrincipal who, string nameOrPattern, ChannelActions action)
    {
        // Without a namespace of its own, the options of others would decide about it.
        if (IsSystem(nameOrPattern)) return false;
        if (who.KeyChannels is { } limits) return limits.Any(limit => Covers(limit, nameOrPattern));
        if (nameOrPattern == GrainKeys.PublicChannel || who.IsStaff) return true;
        if (ChannelName.NamespaceOf(nameOrPattern) == ChannelName.UserNamespace)
            return who.Token is { } user && (nameOrPattern == OwnChannel(user) || HasCap(user, nameOrPattern, action));
        return namespaces.Of(nameOrPattern).Subscribe switch
        {
            SubscribeAccess.Public => true,
            SubscribeAccess.Token => who.Token is { } token && HasCap(token, nameOrPattern, action),
            _ => false,
        };
    }

    /// <summary>The user's own channel, the inbox.</summary>
    public static string OwnChannel(ClientToken token) => $"{ChannelName.UserNamespace}:{token.User}";

    private static bool IsSystem(string nameOrPattern) => nameOrPattern.StartsWith('$');

    private static bool HasCap(ClientToken token, string nameOrPattern, ChannelActions action)
    {
        if ((action & (ChannelActions.Subscribe | ChannelActions.History)) != 0)
        {
            foreach (var channel in token.Channels)
                if (Covers(channel, nameOrPattern)) return true;
        }

        foreach (var cap in token.Caps)
            if ((cap.Allows & action) != 0 && Covers(cap.Match, nameOrPattern)) return true;
        return false;
    }

    /// <summary>Whether a name or pattern of a permission, or <c>*</c>, covers a name or pattern.</summary>
    internal static bool Covers(string match, string nameOrPattern) => match == nameOrPattern
        || (match == ClientTokenRules.AllChannels ? ChannelName.NamespaceOf(nameOrPattern) != ChannelName.UserNamespace
            : ChannelName.IsPattern(match) && ChannelName.Covers(match, nameOrPattern));
}
