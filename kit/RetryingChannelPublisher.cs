using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;

namespace NotifyHub.TestKit;

/// <summary>
/// A service that publishes to channels in random order, several messages per call, each call with an idempotency key that it
/// repeats until the call is acknowledged. It stays with the gateway that answered last and switches to the next one on a
/// failure.
/// </summary>
public sealed class RetryingChannelPublisher : IAsyncDisposable
{
    private const int MessagesPerCall = 50;

    // A frozen gateway accepts the request and never answers.
    private static readonly TimeSpan TryLimit = TimeSpan.FromSeconds(30);

    private readonly RestClient[] _gateways;
    private readonly string[] _channels;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<(long Offset, string Data)>> _acknowledged =
        new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _name = Guid.NewGuid().ToString("N")[..8];
    private Task _running = Task.CompletedTask;
    private int _gateway;
    private int _next;
    private int _count;
    private int _retries;

    private RetryingChannelPublisher(RestClient[] gateways, string[] channels) => (_gateways, _channels) = (gateways, channels);

    /// <summary>Acknowledged messages.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Calls that were not acknowledged.</summary>
    public int Retries => Volatile.Read(ref _retries);

    /// <summary>Answers that no call may get.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <param name="gateways">Where it may publish.</param>
    /// <param name="apiKey">With the scope <c>publish</c>.</param>
    /// <param name="channels">Each gets one message in every round.</param>
    public static RetryingChannelPublisher Start(
        IReadOnlyList<NotifyHubProcess> gateways, string apiKey, IEnumerable<string> channels)
    {
        var publisher = new RetryingChannelPublisher(
            [
                .. gateways.Select(gateway =>
                {
                    var rest = gateway.Rest(TryLimit);
                    rest.ApiKey = apiKey;
                    return rest;
                }),
            ],
            [.. channels]);
        publisher._running = Task.Run(publisher.RunAsync);
        return publisher;
    }

    /// <summary>The acknowledged messages of a channel, by offset.</summary>
    public IReadOnlyList<(long Offset, string Data)> Acknowledged(string channel) =>
        _acknowledged.TryGetValue(channel, out var messages) ? [.. messages.OrderBy(message => message.Offset)] : [];

    /// <summary>Waits until this many more messages are acknowledged.</summary>
    public Task ContinueAsync(int more)
    {
        var goal = Count + more;
        return Until.TrueAsync(
            () => Count >= goal,
            () => $"{Count} of {goal}, {Retries} retries, {string.Join('\n', Faults)}",
            "publishing goes on");
    }

    /// <summary>Waits until the last call is acknowledged, and stops.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Until.Limit);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var rest in _gateways) rest.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        for (var call = 1; !_stop.IsCancellationRequested; call++)
        {
            var messages = Enumerable.Range(0, MessagesPerCall)
                .Select(number => (Channel: NextChannel(), Data: $$"""{"from":"{{_name}}","n":"{{call}}.{{number}}"}"""))
                .ToArray();
            var body = string.Join(',', messages.Select(one => $$"""{"channel":"{{one.Channel}}","data":{{one.Data}}}"""));
            var offsets = await PublishAsync($"[{body}]", $"{_name}-{call}");
            foreach (var (message, offset) in messages.Zip(offsets))
                _acknowledged.GetOrAdd(message.Channel, _ => new()).Enqueue((offset, message.Data));
            Interlocked.Add(ref _count, messages.Length);
            await Task.Delay(5);
        }
    }

    /// <summary>Each round in another order.</summary>
    private string NextChannel()
    {
        if (_next == 0) Random.Shared.Shuffle(_channels);
        var channel = _channels[_next];
        _next = (_next + 1) % _channels.Length;
        return channel;
    }

    private async Task<long[]> PublishAsync(string json, string key)
    {
        while (true)
        {
            try
            {
                var rest = _gateways[_gateway % _gateways.Length];
                var answer = await rest.PostAsync("/api/publish", json, ("Idempotency-Key", key));
                if (answer.Status == HttpStatusCode.OK) return Offsets(answer.Data);
                if (answer.Status != HttpStatusCode.ServiceUnavailable) Faults.Enqueue($"{(int)answer.Status}: {answer.Body}");
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // The gateway is down or failed during the request. The retry finds out what was stored.
            }

            _gateway++;
            Interlocked.Increment(ref _retries);
            await Task.Delay(50);
        }
    }

    private static long[] Offsets(JsonElement list) =>
        [.. list.EnumerateArray().Select(one => one.GetProperty("offset").GetInt64())];
}
