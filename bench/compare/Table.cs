using System.Globalization;

namespace NotifyHub.Bench.Compare;

/// <summary>Results as Markdown: one column per server, with the ratio to the baseline behind each value.</summary>
internal static class Table
{
    private const string Missing = "–";

    /// <param name="report">The result of a run on a server; null if there is none.</param>
    public static void Write(
        Section section, IReadOnlyList<string> servers, string baseline, Func<string, Load, Report?> report, TextWriter to)
    {
        List<string[]> lines = [["", .. servers]];
        foreach (var row in section.Rows)
        {
            var values = servers.ToDictionary(s => s, s => Value(row, s, report));
            double? Baseline(string server) => server == baseline || !row.Ratio ? null : values.GetValueOrDefault(baseline);
            lines.Add([row.Title, .. servers.Select(s => Show(values[s]) + Ratio(values[s], Baseline(s)))]);
            if (row.AgainstFloor && values.GetValueOrDefault("floor") is { } floor)
                lines.Add(["… against the floor",
                    .. servers.Select(s => values[s] is { } value ? Show(value / floor) + " ×" : Missing)]);
        }
        Load[] loads = [.. section.Loads];
        lines.Add(["order errors, gaps, repeats, altered", .. servers.Select(s => Text(s, loads, report, Errors))]);
        lines.Add(["closed by the server", .. servers.Select(s => Text(s, loads, report, Closed))]);

        to.WriteLine();
        to.WriteLine($"### {section.Title}");
        to.WriteLine();
        int[] widths = [.. Enumerable.Range(0, lines[0].Length).Select(c => Math.Max(3, lines.Max(l => l[c].Length)))];
        lines.Insert(1, [.. widths.Select((w, c) => c == 0 ? new string('-', w) : new string('-', w - 1) + ":")]);
        foreach (var line in lines)
        {
            var cells = line.Select((cell, c) => c == 0 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]));
            to.WriteLine("| " + string.Join(" | ", cells) + " |");
        }
    }

    /// <summary>Three significant digits.</summary>
    internal static string Show(double? value) => value switch
    {
        null => Missing,
        >= 1e6 or <= -1e6 => (value / 1e6).Value.ToString("0.00", CultureInfo.InvariantCulture) + " M",
        >= 100 or <= -100 or 0 => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 or <= -10 => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.00", CultureInfo.InvariantCulture),
    };

    private static string Ratio(double? value, double? to) => value is not null && to is > 0 ? $" ({Show(value / to)} ×)" : "";

    private static double? Value(Row row, string server, Func<string, Load, Report?> report)
    {
        Report[] reports = [.. row.Loads.Select(l => report(server, l)).OfType<Report>()];
        return reports.Length == row.Loads.Count && row.Value(reports) is { } value && double.IsFinite(value) ? value : null;
    }

    private static string Text(string server, Load[] loads, Func<string, Load, Report?> report, Func<Report[], string> text)
    {
        Report[] reports = [.. loads.Select(l => report(server, l)).OfType<Report>()];
        return reports.Length == 0 ? Missing : text(reports);
    }

    private static string Errors(Report[] reports) => string.Join(", ", new[]
    {
        reports.Sum(r => r.Errors.Order),
        reports.Sum(r => r.Errors.Gaps + r.Errors.Undelivered),
        reports.Sum(r => r.Errors.Repeats),
        reports.Sum(r => r.Errors.Altered),
    });

    private static string Closed(Report[] reports)
    {
        var codes = reports.SelectMany(r => r.Disconnects).GroupBy(d => d.Key, d => d.Value).OrderBy(g => g.Key);
        return string.Join(", ", codes.Select(c => $"{c.Key}: {c.Sum():N0}")) is { Length: > 0 } text ? text : "0";
    }
}
