using System.Text.RegularExpressions;

namespace NotifyHub.Hosting.Settings;

/// <summary>
/// The settings as docs/configuration.md lists them. scripts/settings-tables writes that page from the options classes, so each
/// setting is described once. Both programs embed the page, so each knows the settings of both.
/// </summary>
public static partial class SettingsPage
{
    public const string English = "configuration.md";

    public const string Chinese = "configuration.zh-TW.md";

    /// <summary>The headings of the tables of settings.</summary>
    public static IReadOnlyList<string> Sections { get; } = ["Gateway", "Silo"];

    /// <summary>Every setting of both programs. Some names are in both tables.</summary>
    public static ILookup<string, SettingRow> All { get; } =
        Sections.SelectMany(section => Rows(English, section)).ToLookup(row => row.Name, StringComparer.OrdinalIgnoreCase);

    /// <param name="page"><see cref="English"/> or <see cref="Chinese"/>.</param>
    /// <param name="section">The heading of the table.</param>
    public static IReadOnlyList<SettingRow> Rows(string page, string section)
    {
        using var text = new StreamReader(typeof(SettingsPage).Assembly.GetManifestResourceStream(page)!);
        return
        [
            .. text.ReadToEnd().Split('\n')
                .SkipWhile(line => line != $"## {section}")
                .Skip(1)
                .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
                .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
                .Select(line => Row(line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries))),
        ];
    }

    private static SettingRow Row(string[] cells) => new(
        cells[0][1..cells[0].IndexOf('`', 1)],
        IsList: cells[0].EndsWith("__0`", StringComparison.Ordinal),
        Default: cells.Length < 4 ? "" : Plain(cells[1]),
        Range: cells.Length < 4 ? "" : cells[2],
        Meaning: Plain(cells[^1]));

    /// <summary>Without Markdown: no backticks, and links as their text.</summary>
    private static string Plain(string cell) => Link().Replace(cell, "$1").Replace("`", "", StringComparison.Ordinal);

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]+\)")]
    private static partial Regex Link();
}
