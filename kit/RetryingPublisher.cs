using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace NotifyHub.TestKit;

/// <summary>
/// A service that publishes one message after another, each with an idempotency key, and retries with the same key until it is
/// acknowledged. It stays with the gateway that answered last and switches to the next one on a failure.
/// </summary>
public sealed class RetryingPublisher : IAsyncDisposable
{
    // A frozen gateway accepts the request and never answers.
    private static readonly TimeSpan TryLimit = TimeSpan.FromSeconds(30);

    private volatile (NotifyHubProcess Process, RestClient Api)[] _gateways = [];
    private readonly ConcurrentDictionary<long, string> _acknowledged = new();
    private readonly ConcurrentQueue<(long Begun, long Acknowledged)> _times = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _name = Guid.NewGuid().ToString("N")[..8];
    private Task _running = Task.CompletedTask;
    private int _gateway;
    private int _retries;

    /// <summary>The acknowledged messages: offset to JSON.</summary>
    public IReadOnlyDictionary<long, string> Acknowledged => _acknowledged;

    /// <summary>Attempts that were not acknowledged.</summary>
    public int Retries => Volatile.Read(ref _retries);

    /// <summary>Violations: a retry answered with another offset, or an offset assigned twice.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    public static async Task<RetryingPublisher> StartAsync(LocalCluster cluster)
    {
        var publisher = new RetryingPublisher
        {
            _gateways = [(cluster.Gateways[0], await cluster.LogInAsync(cluster.Gateways[0], TryLimit))],
        };
        foreach (var gateway in cluster.Gateways.Skip(1)) publisher.Add(gateway);
        publisher._running = Task.Run(publisher.RunAsync);
        return publisher;
    }

    /// <summary>Adds a gateway, which accepts the login of the others.</summary>
    public void Add(NotifyHubProcess gateway)
    {
        var rest = gateway.Rest(TryLimit);
        rest.Token = _gateways[0].Api.Token;
        // A new list, because an attempt may be iterating over the old one.
        _gateways = [.. _gateways, (gateway, rest)];
    }

    /// <summary>
    /// Waits until the first message that was begun after this moment (<see cref="Stopwatch"/>) is acknowledged.
    /// Returns the time between both.
    /// </summary>
    public async Task<TimeSpan> FirstAfterAsync(long moment)
    {
        (long Begun, long Acknowledged) first = default;
        await Until.TrueAsync(
            () => (first = _times.FirstOrDefault(time => time.Begun > moment)).Begun > 0, () => $"{Retries} retries",
            "publishing goes on");
        return Stopwatch.GetElapsedTime(moment, first.Acknowledged);
    }

    /// <summary>Waits until this many more messages are acknowledged.</summary>
    public Task ContinueAsync(int more = 20)
    {
        var goal = _acknowledged.Count + more;
        return Until.TrueAsync(
            () => _acknowledged.Count >= goal,
            () => $"{_acknowledged.Count} of {goal}, {Retries} retries",
            "publishing goes on");
    }

    /// <summary>Waits until the last message is acknowledged, and stops.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Until.Limit);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var (_, rest) in _gateways) rest.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        for (var number = 1; !_stop.IsCancellationRequested; number++)
        {
            var json = $$"""{"from":"{{_name}}","n":{{number}}}""";
            var begun = Stopwatch.GetTimestamp();
            var offset = await PublishAsync(json, $"{_name}-{number}");
            _times.Enqueue((begun, Stopwatch.GetTimestamp()));
            if (!_acknowledged.TryAdd(offset, json)) Faults.Enqueue($"offset {offset} was given twice");
            await Task.Delay(5);
        }
    }

    private async Task<long> PublishAsync(string json, string key)
    {
        while (true)
        {
            try
            {
                var gateways = _gateways;
                var (process, rest) = gateways[_gateway % gateways.Length];
                var answer = await rest.PostAsync("/api/push", json, ("Idempotency-Key", key));
                if (answer.Status == HttpStatusCode.OK) return answer.Data.GetProperty("offset").GetInt64();
                if (answer.Status != HttpStatusCode.ServiceUnavailable)
                    Faults.Enqueue(
                        $"{(int)answer.Status}: {answer.Body}\n{string.Join('\n', process.Output.Split('\n').TakeLast(60))}");
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // The gateway is down or failed during the request. The retry finds out whether the message was stored.
            }

            _gateway++;
            Interlocked.Increment(ref _retries);
            await Task.Delay(50);
        }
    }
}
