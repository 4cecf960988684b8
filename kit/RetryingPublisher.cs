using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace NotifyHub.TestKit;

/// <summary>
/// A service that pushes one message after the other, gives each an idempotency key, and retries it with the same key, until it is
/// acknowledged; at the gateway that answered last, and when it does not, at the next.
/// </summary>
public sealed class RetryingPublisher : IAsyncDisposable
{
    // A frozen gateway takes the request and never answers.
    private static readonly TimeSpan TryLimit = TimeSpan.FromSeconds(30);

    private volatile (NotifyHubProcess Process, RestClient Api)[] _gateways = [];
    private readonly ConcurrentDictionary<long, string> _acknowledged = new();
    private readonly ConcurrentQueue<(long Begun, long Acknowledged)> _times = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _name = Guid.NewGuid().ToString("N")[..8];
    private Task _running = Task.CompletedTask;
    private int _gateway;
    private int _retries;

    /// <summary>Offset to JSON of what was acknowledged.</summary>
    public IReadOnlyDictionary<long, string> Acknowledged => _acknowledged;

    /// <summary>Tries that were not acknowledged.</summary>
    public int Retries => Volatile.Read(ref _retries);

    /// <summary>What broke a promise: a second answer with another offset, an offset given twice.</summary>
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

    /// <summary>One more gateway, where the login of the others is good as well.</summary>
    public void Add(NotifyHubProcess gateway)
    {
        var rest = gateway.Rest(TryLimit);
        rest.Token = _gateways[0].Api.Token;
        // Not while a try goes through the list.
        _gateways = [.. _gateways, (gateway, rest)];
    }

    /// <summary>Waits for the first message that was begun after this moment (<see cref="Stopwatch"/>) to be acknowledged; answers how long after.</summary>
    public async Task<TimeSpan> FirstAfterAsync(long moment)
    {
        (long Begun, long Acknowledged) first = default;
        await Until.TrueAsync(
            () => (first = _times.FirstOrDefault(time => time.Begun > moment)).Begun > 0, () => $"{Retries} retries", "publishing goes on");
        return Stopwatch.GetElapsedTime(moment, first.Acknowledged);
    }

    /// <summary>Waits until so many more were acknowledged.</summary>
    public Task ContinueAsync(int more = 20, TimeSpan? limit = null)
    {
        var goal = _acknowledged.Count + more;
        return Until.TrueAsync(
            () => _acknowledged.Count >= goal,
            () => $"{_acknowledged.Count} of {goal}, {Retries} retries",
            "publishing goes on",
            limit);
    }

    /// <summary>Has the last message acknowledged and stops.</summary>
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
                    Faults.Enqueue($"{(int)answer.Status}: {answer.Body}\n{string.Join('\n', process.Output.Split('\n').TakeLast(60))}");
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // That gateway is away, or took the request with it; whether it was stored, the next try finds out.
            }

            _gateway++;
            Interlocked.Increment(ref _retries);
            await Task.Delay(50);
        }
    }
}
