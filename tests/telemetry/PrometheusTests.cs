using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using NotifyHub.TestKit;

namespace NotifyHub.TelemetryTests;

public sealed partial class PrometheusTests(WatchedGrid grid)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly string Rules = Checkout.PathOf("deploy/prometheus/alerts.yml");
    private static readonly string RuleTests = Checkout.PathOf("deploy/prometheus/alerts_test.yml");

    [Fact]
    public async Task Prometheus_scrapes_gateway_and_silo_and_every_query_is_of_metrics_that_they_have()
    {
        await using var prometheus = await Prometheus.StartAsync(
            ("notifyhub-gateway", grid.Gateway.MetricsPort), ("notifyhub-silo", grid.Silo.MetricsPort));
        await using var client = await grid.Gateway.ConnectAsync();
        using var rest = await grid.LogInAsync();
        await Until.TrueAsync(async () => await prometheus.CountAsync("up == 1") == 2);

        var queries = Queries.Dashboards.SelectMany(Queries.Of)
            .Concat(Expressions(await prometheus.AskAsync("/api/v1/rules"))).ToArray();
        Assert.True(queries.Length > 70, $"only {queries.Length} queries");
        var wanted = queries.SelectMany(Queries.Metrics).ToHashSet(StringComparer.Ordinal);
        HashSet<string> missing = [];
        await Until.TrueAsync(
            async () =>
            {
                // Traffic on both ports.
                using var push = await grid.Gateway.ConnectPushAsync();
                Assert.Equal("ok", await push.PushAsync("{}"));
                (await rest.PostAsync("/api/push", "{}")).Expect(HttpStatusCode.OK);
                var names = (await prometheus.AskAsync("/api/v1/label/__name__/values")).EnumerateArray()
                    .Select(name => name.GetString()!);
                missing = [.. wanted.Except(names)];
                return missing.Count == 0;
            },
            () => string.Join(' ', missing));

        foreach (var query in queries) await prometheus.CountAsync(query);
        // These are non-zero only after such an event.
        foreach (var label in (string[])[
            "notifyhub_connections_closed_total{notifyhub_close_reason=\"too_slow\"}",
            "notifyhub_push_lines_total{notifyhub_push_outcome=\"ok\"}"])
            Assert.Equal(1, await prometheus.CountAsync(label));
    }

    [Fact]
    public async Task The_labels_that_queries_name_exist()
    {
        await using var client = await grid.Gateway.ConnectAsync();
        using var rest = await grid.LogInAsync();
        (await rest.PostAsync("/api/push", "{}")).Expect(HttpStatusCode.OK);
        var scraped = await ScrapeAsync(grid.Gateway.MetricsPort) + await ScrapeAsync(grid.Silo.MetricsPort);
        var labels = Queries.Dashboards.SelectMany(Queries.Of).Append(await File.ReadAllTextAsync(Rules, Cancellation))
            .SelectMany(query => LabelNames().Matches(query)
                .SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries)))
            .Where(label => label is not ("instance" or "job" or "le"))
            // Only present after failures, which a healthy grid has none of.
            .Where(label => label != "error_type");

        Assert.All(labels.Distinct(), label => Assert.Contains($"{label}=\"", scraped, StringComparison.Ordinal));
        Assert.Contains("error_type=\"invalid_credentials\"", scraped, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_metrics_port_answers_nothing_else_and_no_other_port_has_the_metrics()
    {
        using var http = new HttpClient { Timeout = Until.Limit };
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await http.GetAsync($"http://127.0.0.1:{grid.Gateway.MetricsPort}/health/live", Cancellation)).StatusCode);
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await http.GetAsync($"http://127.0.0.1:{grid.Gateway.MetricsPort}/api/system/websocket/status", Cancellation))
                .StatusCode);
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await http.GetAsync($"http://127.0.0.1:{grid.Silo.MetricsPort}/health/live", Cancellation)).StatusCode);
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await http.GetAsync($"http://127.0.0.1:{grid.Gateway.WebSocketPort}/metrics", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task What_is_scraped_names_no_secret_no_client_and_no_message()
    {
        await using var client = await grid.Gateway.ConnectAsync();
        using var push = await grid.Gateway.ConnectPushAsync();
        Assert.Equal("ok", await push.PushAsync("""{"private":"cherry-blossom"}"""));
        await client.NextAsync();
        var scraped = await ScrapeAsync(grid.Gateway.MetricsPort) + await ScrapeAsync(grid.Silo.MetricsPort);

        Assert.Contains("db_client_connection_pool_name=\"notifyhub-commits\"", scraped, StringComparison.Ordinal);
        foreach (var word in (string[])["cherry", "Password=", "Host=", grid.Cluster.AdministratorPassword, "connection_id"])
            Assert.DoesNotContain(word, scraped, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Promtool_accepts_the_alert_rules_and_their_tests_pass()
    {
        Assert.Equal(0, (await Prometheus.ToolAsync("check", "rules", Rules)).Code);
        var (code, said) = await Prometheus.ToolAsync("test", "rules", RuleTests);
        Assert.True(code == 0, said);
    }

    [Fact]
    public void Every_alert_is_tested_both_ways_and_has_its_runbook()
    {
        var alerts = AlertNames().Matches(File.ReadAllText(Rules)).Select(match => match.Groups[1].Value).ToArray();
        var tests = File.ReadAllText(RuleTests);
        var runbooks = RunbookLinks().Matches(File.ReadAllText(Rules))
            .Select(match => (Page: match.Groups[1].Value, Anchor: match.Groups[2].Value)).ToArray();

        Assert.NotEmpty(alerts);
        Assert.Equal(alerts.Select(alert => alert.ToLowerInvariant()), runbooks.Select(runbook => runbook.Anchor));
        Assert.All(runbooks, runbook => Assert.Contains(runbook.Anchor, Anchors(Checkout.Read(runbook.Page))));
        Assert.All(alerts, alert =>
        {
            Assert.Matches($@"alertname: {alert}\n\s+exp_alerts: \[\]", tests);
            Assert.Matches($@"alertname: {alert}\n\s+exp_alerts:\n\s+- exp_labels", tests);
        });
    }

    private static IEnumerable<string> Expressions(JsonElement rules) =>
        rules.GetProperty("groups").EnumerateArray()
            .SelectMany(group => group.GetProperty("rules").EnumerateArray())
            .Select(rule => rule.GetProperty("query").GetString()!);

    private static async Task<string> ScrapeAsync(int port)
    {
        using var http = new HttpClient { Timeout = Until.Limit };
        return await http.GetStringAsync($"http://127.0.0.1:{port}/metrics");
    }

    /// <summary>Anchors as GitHub derives them from headings.</summary>
    private static IEnumerable<string> Anchors(string page) => page.Split('\n')
        .Where(line => line.StartsWith('#'))
        .Select(line => line.TrimStart('#', ' ').ToLowerInvariant().Replace(' ', '-'));

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex AlertNames();

    [GeneratedRegex(@"runbook_url: (\S+)#(\S+)")]
    private static partial Regex RunbookLinks();

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex LabelNames();
}
