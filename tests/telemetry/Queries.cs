using System.Text.Json;
using System.Text.RegularExpressions;
using NotifyHub.TestKit;

namespace NotifyHub.TelemetryTests;

/// <summary>The PromQL of the dashboards and of the alert rules.</summary>
internal static partial class Queries
{
    public static IEnumerable<string> Dashboards =>
        Directory.GetFiles(Checkout.PathOf("deploy/grafana/dashboards"), "*.json").Order(StringComparer.Ordinal);

    /// <summary>The queries of a dashboard, with Grafana's variables filled in.</summary>
    public static IEnumerable<string> Of(string dashboard) =>
        JsonElement.Parse(File.ReadAllText(dashboard)).GetProperty("panels").EnumerateArray()
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!
                .Replace("$__rate_interval", "1m", StringComparison.Ordinal)
                .Replace("$instance", ".*", StringComparison.Ordinal));

    /// <summary>The names of metrics in an expression.</summary>
    public static IEnumerable<string> Metrics(string expression)
    {
        var bare = Strings().Replace(expression, "");
        bare = Matchers().Replace(bare, "");
        bare = Groupings().Replace(bare, "");
        bare = Ranges().Replace(bare, "");
        bare = Durations().Replace(bare, "");
        return Names().Matches(bare).Select(match => match.Value)
            .Where(name => name is not ("and" or "or" or "unless" or "bool" or "offset")).Distinct();
    }

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Strings();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Matchers();

    [GeneratedRegex(@"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")]
    private static partial Regex Groupings();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Ranges();

    [GeneratedRegex(@"\b[0-9][0-9.]*[a-z]*\b")]
    private static partial Regex Durations();

    // A name before a parenthesis is a function.
    [GeneratedRegex(@"\b[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()")]
    private static partial Regex Names();
}
