using System.Globalization;
using System.Text.RegularExpressions;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>The refused connections that a gateway counts in its metrics.</summary>
internal static partial class Refusals
{
    /// <summary>Counts by port and reason, such as <c>websocket full</c>, including those that are 0.</summary>
    public static async Task<Dictionary<string, long>> CountAsync(NotifyHubProcess hub)
    {
        using var http = new HttpClient { Timeout = Until.Limit };
        var page = await http.GetStringAsync(
            $"http://127.0.0.1:{hub.MetricsPort}/metrics", TestContext.Current.CancellationToken);
        return Series().Matches(page).ToDictionary(
            match => $"{match.Groups[1].Value} {match.Groups[2].Value}",
            match => long.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(
        """^notifyhub_connections_refused_total\{.*notifyhub_refusal_port="(\w+)",notifyhub_refusal_reason="(\w+)".*\} (\d+)""",
        RegexOptions.Multiline)]
    private static partial Regex Series();
}
