namespace NotifyHub.Grains.Storage;

/// <summary>Which texts a column can store.</summary>
internal static class StoredText
{
    /// <summary>False: one of them contains U+0000. No stored text does, and PostgreSQL fails such a query.</summary>
    public static bool CanMatch(params ReadOnlySpan<string?> texts)
    {
        foreach (var text in texts)
        {
            if (text?.Contains('\0', StringComparison.Ordinal) == true) return false;
        }

        return true;
    }

    /// <summary>PostgreSQL has no U+0000, and UTF-8 has no halves of surrogate pairs.</summary>
    public static bool IsStorable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0') return false;
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return false;
            i++;
        }

        return true;
    }

    /// <summary>Without U+0000.</summary>
    public static string Clean(string text) => text.Replace("\0", "", StringComparison.Ordinal);
}
