namespace NotifyHub.Hosting.Settings;

/// <summary>
/// The settings as docs/configuration.md lists them. A test holds that page to the options classes, so each setting is described
/// once, and either
/// program knows the settings of both.
/// </summary>
public static class SettingsPage
{
    public const string English = "configuration.md";

    public const string Chinese = "configuration.zh-TW.md";

    /// <summary>The headings of the tables of settings.</summary>
    public static IReadOnlyList<string> Sections { get; } = ["Gateway", "Silo"];

    /// <summary>Every setting of either program. Some names stand in both tables.</summary>
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

    private static string Plain(string cell) => cell.Replace("`", "", StringComparison.Ordinal);
}
