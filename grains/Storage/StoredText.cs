namespace NotifyHub.Grains.Storage;

/// <summary>What can stand in a column of texts.</summary>
internal static class StoredText
{
    /// <summary>False: one of them has a U+0000. No stored text has one, and PostgreSQL refuses to be asked for it.</summary>
    public static bool CanHave(params ReadOnlySpan<string?> texts)
    {
        foreach (var text in texts)
        {
            if (text?.Contains('\0', StringComparison.Ordinal) == true) return false;
        }

        return true;
    }
}
