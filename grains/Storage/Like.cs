namespace NotifyHub.Grains.Storage;

/// <summary>Searching for a part of a text, without regard to (ASCII) case, in a way that both databases understand.</summary>
internal static class Like
{
    /// <summary>The condition that a column fits a pattern of those below.</summary>
    public static string Matches(string column, string parameter) => $"lower({column}) LIKE lower({parameter}) ESCAPE '!'";

    /// <summary>The condition that one of several columns does.</summary>
    public static string MatchesAny(IEnumerable<string> columns, string parameter) =>
        $"({string.Join(" OR ", columns.Select(column => Matches(column, parameter)))})";

    /// <summary>Null or empty matches everything.</summary>
    public static string Pattern(string? part) => $"%{Escape(part)}%";

    /// <summary>What begins with the part.</summary>
    public static string Prefix(string? part) => $"{Escape(part)}%";

    private static string? Escape(string? part) => part?
        .Replace("!", "!!", StringComparison.Ordinal)
        .Replace("%", "!%", StringComparison.Ordinal)
        .Replace("_", "!_", StringComparison.Ordinal);
}
