using System.Net;
using NotifyHub.TestKit;

namespace NotifyHub.TelemetryTests;

public sealed class MetricTests(WatchedGrid grid)
{
    private static readonly string Page = Checkout.PathOf("docs/telemetry.md");

    [Fact]
    public async Task The_page_lists_every_metric_as_it_is_and_none_that_is_not()
    {
        await using var client = await grid.Gateway.ConnectAsync();
        var documented = TableRows().Select(row => (row[1], row[0], row[2], row[3])).Order().ToArray();
        (string, string, string, string)[] measured = [];
        await Until.TrueAsync(
            async () =>
            {
                using var push = await grid.Gateway.ConnectPushAsync();
                Assert.Equal("ok", await push.PushAsync("{}"));
                measured = [.. grid.Collector.Metrics.Where(metric => metric.Meter == "NotifyHub")
                    .Select(metric => (metric.Service.Split('-')[1], metric.Name, metric.Kind, metric.Unit)).Order()];
                return measured.Length >= documented.Length;
            },
            () => string.Join('\n', documented.Except(measured)));

        Assert.Equal(documented, measured);
        Assert.All(
            grid.Collector.Metrics.Where(metric => metric.Meter == "NotifyHub"), metric => Assert.NotEmpty(metric.Description));
    }

    [Fact]
    public async Task What_NotifyHub_stands_on_is_measured_too()
    {
        using var rest = await grid.LogInAsync();
        (await rest.GetAsync("/api/websocket/stats")).Expect(HttpStatusCode.OK);
        (string, string, string)[] wanted =
        [
            ("notifyhub-gateway", "Microsoft.AspNetCore.Hosting", "http.server.request.duration"),
            ("notifyhub-gateway", "Microsoft.AspNetCore.Server.Kestrel", "kestrel.active_connections"),
            ("notifyhub-gateway", "Microsoft.Orleans", "orleans-app-requests-latency"),
            ("notifyhub-gateway", "System.Runtime", "dotnet.process.cpu.time"),
            ("notifyhub-silo", "Microsoft.Orleans", "orleans-catalog-activations"),
            ("notifyhub-silo", "Npgsql", "db.client.operation.duration"),
            ("notifyhub-silo", "System.Runtime", "dotnet.gc.pause.time"),
        ];
        await Until.TrueAsync(
            () => wanted.All(each => grid.Collector.Metrics.Any(metric => (metric.Service, metric.Meter, metric.Name) == each)),
            () => string.Join(
                '\n', wanted.Except(grid.Collector.Metrics.Select(metric => (metric.Service, metric.Meter, metric.Name)))));
    }

    [Fact]
    public async Task Close_reasons_logins_and_lines_are_counted_by_what_became_of_them()
    {
        using var http = new HttpClient { Timeout = Until.Limit };
        var before = await ScrapeAsync(http);
        using var rest = grid.Gateway.Rest();
        (await rest.PostAsync("/api/auth/login", """{"email":"admin@notifyhub.com","password":"wrong"}"""))
            .ExpectError(HttpStatusCode.Unauthorized, "INVALID_CREDENTIALS");
        using var push = await grid.Gateway.ConnectPushAsync();
        Assert.Equal(["ok", "ok"], await push.PushAllAsync(["{}", "{}"]));
        Assert.StartsWith("error:", await push.PushAsync("["), StringComparison.Ordinal);
        var client = await grid.Gateway.ConnectAsync();
        await client.CloseAsync();
        await client.DisposeAsync();

        (string Series, double More)[] wanted =
        [
            ("notifyhub_login_failures_total{otel_scope_name=\"NotifyHub\",error_type=\"invalid_credentials\"}", 1),
            ("notifyhub_push_lines_total{otel_scope_name=\"NotifyHub\",notifyhub_push_outcome=\"ok\"}", 2),
            ("notifyhub_push_lines_total{otel_scope_name=\"NotifyHub\",notifyhub_push_outcome=\"invalid\"}", 1),
            ("notifyhub_publish_messages_total{otel_scope_name=\"NotifyHub\",notifyhub_publish_source=\"tcp\"}", 2),
            ("notifyhub_connections_opened_total{otel_scope_name=\"NotifyHub\"}", 1),
            ("notifyhub_connections_closed_total{otel_scope_name=\"NotifyHub\",notifyhub_close_reason=\"closed_by_client\"}", 1),
        ];
        Dictionary<string, double> after = [];
        await Until.TrueAsync(
            async () =>
            {
                after = await ScrapeAsync(http);
                return wanted.All(each => after[each.Series] - before[each.Series] == each.More);
            },
            () => string.Join('\n', wanted.Select(
                each => $"{each.Series}: {before.GetValueOrDefault(each.Series)} -> {after.GetValueOrDefault(each.Series)}")));
    }

    private async Task<Dictionary<string, double>> ScrapeAsync(HttpClient http) =>
        (await http.GetStringAsync($"http://127.0.0.1:{grid.Gateway.MetricsPort}/metrics")).Split('\n')
            .Where(line => line.StartsWith("notifyhub_", StringComparison.Ordinal))
            .Select(line => line.Split("} "))
            .ToDictionary(
                parts => parts[0] + "}",
                parts => double.Parse(parts[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));

    private static IEnumerable<string[]> TableRows() => File.ReadLines(Page)
        .Where(line => line.StartsWith("| `notifyhub.", StringComparison.Ordinal) && line.Count(sign => sign == '|') == 7)
        .Select(line => line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries).Select(cell => cell.Trim('`')).ToArray());
}
