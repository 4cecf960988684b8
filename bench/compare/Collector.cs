using System.Net;
using System.Net.Sockets;
using NotifyHub.TestKit;

namespace NotifyHub.Bench.Compare;

/// <summary>
/// The telemetry backend of a server: accepts OTLP over HTTP and discards it, and scrapes the server every 5 s like Prometheus.
/// </summary>
internal sealed class Collector : IDisposable
{
    private static readonly TimeSpan ScrapeInterval = TimeSpan.FromSeconds(5);

    private readonly HttpListener _listener = new();
    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly int _port;
    private readonly int _metricsPort;

    public Collector()
    {
        (_port, _metricsPort) = (FreePorts.One(), FreePorts.One());
        _listener.Prefixes.Add($"http://127.0.0.1:{_port}/");
        _listener.Start();
        _ = TakeAsync();
        _ = ScrapeAsync();
    }

    /// <summary>The settings that the server needs.</summary>
    public IReadOnlyList<(string Name, string Value)> Environment =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://127.0.0.1:{_port}"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "5000"), ("NotifyHub__MetricsPort", $"{_metricsPort}"),
    ];

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Close();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task TakeAsync()
    {
        try
        {
            while (true)
            {
                var request = await _listener.GetContextAsync();
                await request.Request.InputStream.CopyToAsync(Stream.Null);
                request.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // The run is over.
        }
    }

    private async Task ScrapeAsync()
    {
        using var timer = new PeriodicTimer(ScrapeInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    await _http.GetByteArrayAsync($"http://127.0.0.1:{_metricsPort}/metrics", _stop.Token);
                }
                catch (HttpRequestException e) when (e.InnerException is SocketException)
                {
                    // The server is starting or has ended.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }
}
