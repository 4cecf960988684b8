using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>The bounds of what a client token may say, whoever signed it.</summary>
public static class ClientTokenRules
{
    public const int MaxUserLength = 128;
    public const int MaxIdLength = TokenSubject.MaxLength;
    public const int MaxChannels = 1_000;
    public const int MaxCaps = 100;
    public const int MaxMetaBytes = 1 << 10;

    /// <summary>In <c>caps</c> alone: every channel but users' own and the system's.</summary>
    public const string AllChannels = "*";

    /// <summary>How far the clocks of issuer and gateway may differ.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    /// <summary>How long the server's own tokens are good at most.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(30);

    /// <summary>A token ends this long after its <c>iat</c> whatever its <c>exp</c> says. So there is a time from which on a
    /// revocation is no longer needed.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(366);

    private static readonly IReadOnlyDictionary<string, ChannelActions> ActionsByName = new Dictionary<string, ChannelActions>
    {
        ["subscribe"] = ChannelActions.Subscribe,
        ["publish"] = ChannelActions.Publish,
        ["presence"] = ChannelActions.Presence,
        ["history"] = ChannelActions.History,
    };

    /// <summary>The words of <c>allow</c>.</summary>
    public static IReadOnlyList<string> Actions { get; } = [.. ActionsByName.Keys];

    /// <summary>The user's own channel is a valid name.</summary>
    public static bool IsUser(string user) =>
        user.Length is >= 1 and <= MaxUserLength && ChannelName.IsValid($"{ChannelName.UserNamespace}:{user}");

    /// <summary>What <c>channels</c> may name.</summary>
    public static bool IsChannel(string text) => ChannelName.IsValid(text) || ChannelName.IsPattern(text);

    /// <summary>What <c>match</c> may be.</summary>
    public static bool IsMatch(string text) => text == AllChannels || IsChannel(text);

    /// <summary>None: there is no such word.</summary>
    public static ChannelActions Action(string name) => ActionsByName.GetValueOrDefault(name);
}
