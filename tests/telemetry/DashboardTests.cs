using System.Net;
using NotifyHub.TestKit;

namespace NotifyHub.TelemetryTests;

public sealed class DashboardTests(WatchedGrid grid)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Orleans_dashboard_answers_on_loopback_under_its_own_name_and_nowhere_else()
    {
        using var http = new HttpClient { Timeout = Until.Limit };
        var (port, healthPort) = (grid.Silo.DashboardPort, grid.Silo.HealthPort);
        Assert.Contains(
            "<html", await http.GetStringAsync($"http://127.0.0.1:{port}/", Cancellation), StringComparison.OrdinalIgnoreCase);
        Assert.Contains(
            "BroadcastGrain", await http.GetStringAsync($"http://localhost:{port}/DashboardCounters", Cancellation),
            StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.MisdirectedRequest, await AskAsync($"http://127.0.0.1:{port}/", "rebound.example.com"));
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync($"http://127.0.0.1:{healthPort}/", $"localhost:{port}"));
        Assert.Equal(
            HttpStatusCode.NotFound, await AskAsync($"http://127.0.0.1:{healthPort}/DashboardCounters", $"localhost:{port}"));
        // Health and metrics listen on every address, the dashboard only on loopback.
        foreach (var line in (await File.ReadAllLinesAsync("/proc/net/tcp", Cancellation))
            .Concat(await File.ReadAllLinesAsync("/proc/net/tcp6", Cancellation)))
        {
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts[1].EndsWith($":{port:X4}", StringComparison.Ordinal) && parts[3] == "0A")
                Assert.StartsWith("0100007F", parts[1], StringComparison.Ordinal);
        }

        async Task<HttpStatusCode> AskAsync(string url, string host)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Host = host } };
            using var response = await http.SendAsync(request, Cancellation);
            return response.StatusCode;
        }
    }
}
