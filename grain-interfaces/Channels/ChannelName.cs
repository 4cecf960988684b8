using System.Buffers;

namespace NotifyHub.GrainInterfaces;

/// <summary>The rules of channel names and patterns, and the log that a channel belongs to.</summary>
public static class ChannelName
{
    /// <summary>Characters, which are bytes: names are ASCII.</summary>
    public const int MaxLength = 255;

    /// <summary>The namespace of names without a <c>:</c>, whose options are the defaults of all others.</summary>
    public const string DefaultNamespace = "default";

    /// <summary>The namespace of users' own channels, <c>user:42</c>, whose permissions are fixed.</summary>
    public const string UserNamespace = "user";

    private const string PatternEnd = ":*";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.~@+=|:");

    /// <summary>1–255 characters of <c>A–Z a–z 0–9 _ - . ~ @ + = |</c> in segments separated by <c>:</c>, none of which is empty,
    /// <c>.</c> or <c>..</c>. Names that start with <c>$</c> are the system's and not valid here.</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaxLength || name.ContainsAnyExcept(Allowed)) return false;
        foreach (var segment in name.Split(':'))
            if (name[segment] is "" or "." or "..") return false;
        return true;
    }

    /// <summary>A valid name with <c>:*</c> behind it: every name below.</summary>
    public static bool IsPattern(ReadOnlySpan<char> text) =>
        text.Length <= MaxLength && text.EndsWith(PatternEnd, StringComparison.Ordinal) && IsValid(text[..^PatternEnd.Length]);

    /// <summary>What the names below a pattern start with: <c>orders:</c> of <c>orders:*</c>.</summary>
    public static string PrefixOf(string pattern) => pattern[..^1];

    /// <summary>Whether the pattern covers the name, or covers every name that another pattern covers.</summary>
    public static bool Covers(string pattern, string nameOrPattern) =>
        nameOrPattern.Length >= pattern.Length
        && nameOrPattern.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal);

    /// <summary>The first segment of a name or pattern that has a <c>:</c>; else <see cref="DefaultNamespace"/>.</summary>
    public static string NamespaceOf(string nameOrPattern) =>
        nameOrPattern.IndexOf(':', StringComparison.Ordinal) is >= 0 and var end ? nameOrPattern[..end] : DefaultNamespace;

    /// <summary>The log that carries the channel: 0 for <c>all</c>, else one of 1 … <paramref name="logs"/>. Part of what the
    /// database says: another function would look for stored messages in the wrong log.</summary>
    /// <param name="name">A valid name.</param>
    /// <param name="logs">How many logs carry channels, fixed when the database was made.</param>
    public static int LogOf(string name, int logs)
    {
        if (name == GrainKeys.PublicChannel) return GrainKeys.PublicLog;
        // FNV-1a, then mixed, since its low bits alone are poor for names that differ in the last character.
        var hash = 2166136261u;
        foreach (var c in name) hash = (hash ^ c) * 16777619u;
        hash = (hash ^ (hash >> 16)) * 0x85ebca6bu;
        hash ^= hash >> 13;
        return 1 + (int)(hash % (uint)logs);
    }
}
