using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;

namespace NotifyHub.TelemetryTests;

/// <summary>A real Prometheus with the alert rules of this checkout.</summary>
public sealed class Prometheus : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-prometheus-");
    private readonly HttpClient _http;
    private readonly Process _process;

    private Prometheus(string config, int port)
    {
        var file = Path.Combine(_folder.FullName, "prometheus.yml");
        File.WriteAllText(file, config);
        _process = Run("prometheus",
            $"--config.file={file}", $"--storage.tsdb.path={Path.Combine(_folder.FullName, "data")}",
            string.Create(CultureInfo.InvariantCulture, $"--web.listen-address=127.0.0.1:{port}"), "--log.level=error");
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Until.Limit };
    }

    /// <param name="jobs">The scrape jobs: name and port.</param>
    public static async Task<Prometheus> StartAsync(params (string Job, int Port)[] jobs)
    {
        var scrapes = jobs.Select(
            job => $"  - job_name: {job.Job}\n    static_configs:\n      - targets: ['127.0.0.1:{job.Port}']\n");
        var prometheus = new Prometheus(
            "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\n"
            + $"rule_files:\n  - {Checkout.PathOf("deploy/prometheus/alerts.yml")}\n"
            + $"scrape_configs:\n{string.Concat(scrapes)}",
            FreePorts.One());
        await Until.TrueAsync(prometheus.IsReadyAsync);
        return prometheus;
    }

    /// <summary>Runs promtool, which comes with Prometheus; returns its exit code and output.</summary>
    public static async Task<(int Code, string Said)> ToolAsync(params string[] arguments)
    {
        using var process = Run("promtool", arguments);
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Until.Limit);
        return (process.ExitCode, await said + await complained);
    }

    /// <summary>Returns the data of an API response.</summary>
    public async Task<JsonElement> AskAsync(string path)
    {
        using var response = await _http.GetAsync(path);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {body}");
        return JsonElement.Parse(body).GetProperty("data");
    }

    /// <summary>How many series the expression returns now.</summary>
    public async Task<int> CountAsync(string expression) =>
        (await AskAsync("/api/v1/query?query=" + Uri.EscapeDataString(expression))).GetProperty("result").GetArrayLength();

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<bool> IsReadyAsync()
    {
        if (_process.HasExited)
            throw new InvalidOperationException("Prometheus ended: " + await _process.StandardError.ReadToEndAsync());
        try
        {
            using var response = await _http.GetAsync("/-/ready");
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static Process Run(string program, params string[] arguments)
    {
        try
        {
            return Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException(
                $"{program} is missing; scripts/test fetches it, or: apt-get install --no-install-recommends prometheus", e);
        }
    }
}
