using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>What is left after the process was killed while it worked.</summary>
public sealed class CrashTests
{
    private const int Kills = 3;

    [Fact]
    public async Task Acknowledged_messages_survive_kills_once_and_in_order()
    {
        await using var hub = await NotifyHubProcess.StartAsync(("Lease", "00:00:02"), ("HistoryBytes", "65536"));
        var lines = new Publisher("line");
        var posts = new Publisher("post");
        string? epoch = null;
        List<(string UserAgent, long Total)> killed = [];
        var middle = 0L;

        for (var life = 0; life < Kills; life++)
        {
            using var rest = await hub.LogInAsync();
            await RetryAsync(rest, posts);
            await using var client = await hub.ConnectAsync(v1: true);
            var subscribed = await client.NextJsonAsync();
            epoch ??= subscribed.GetProperty("epoch").GetString();
            Assert.Equal(epoch, subscribed.GetProperty("epoch").GetString());
            if (life == Kills - 1) middle = subscribed.GetProperty("offset").GetInt64();
            await rest.ConnectionAsync(client.UserAgent, one => one.GetProperty("status").GetString() == "connected");
            killed.Add((client.UserAgent, (await rest.StatusAsync()).GetProperty("total_connections").GetInt64()));

            var goal = (lines.Acknowledged + 200, posts.Acknowledged + 5);
            var publishing = Task.WhenAll(PushAsync(hub, lines), PostAsync(rest, posts));
            await Until.TrueAsync(() => lines.Acknowledged >= goal.Item1 && posts.Acknowledged >= goal.Item2);
            await hub.KillAsync();
            await publishing;
            await hub.StartAgainAsync();
        }

        using var last = await hub.LogInAsync();
        await RetryAsync(last, posts);
        var stored = await ReadAsync(hub, since: 0);
        var (fromMiddle, fromStart) = (await ReadAsync(hub, middle), stored.Where(message => message.Offset > middle));
        Assert.Equal(Enumerable.Range(1, stored.Count).Select(offset => (long)offset), stored.Select(message => message.Offset));
        Assert.Equal(fromStart, fromMiddle);
        AssertOnceAndInOrder(lines, stored);
        AssertOnceAndInOrder(posts, stored);
        // A request that was retried until it was answered is stored exactly once, whatever happened to its first attempt.
        Assert.Equal(posts.Sent, posts.Acknowledged);
        Assert.Equal(epoch, await EpochAsync(hub));

        foreach (var (userAgent, total) in killed)
        {
            var session = await last.ConnectionAsync(userAgent, one => one.GetProperty("status").GetString() != "connected");
            Assert.Equal("error", session.GetProperty("status").GetString());
            Assert.Equal("gateway lost", session.GetProperty("lastError").GetString());
            Assert.True((await last.StatusAsync()).GetProperty("total_connections").GetInt64() >= total);
        }
    }

    /// <summary>Pipelines lines until the process is killed.</summary>
    private static async Task PushAsync(NotifyHubProcess hub, Publisher lines)
    {
        using var push = await hub.ConnectPushAsync();
        var unanswered = lines.Sent;
        var sending = Task.Run(async () =>
        {
            while (true) await push.SendAsync(string.Concat(Enumerable.Range(0, 10).Select(_ => lines.Next().Json + "\n")));
        });
        try
        {
            while (await push.ReadLineAsync() is { } answer)
            {
                Assert.Equal("ok", answer);
                lines.Acknowledge(unanswered++, offset: null);
            }
        }
        catch (IOException)
        {
            // Killed.
        }

        push.Dispose();
        var end = await Record.ExceptionAsync(() => sending);
        Assert.True(end is IOException or ObjectDisposedException, $"{end}");
    }

    private static async Task PostAsync(RestClient rest, Publisher posts)
    {
        try
        {
            while (true)
            {
                var (number, json) = posts.Next();
                await PostAsync(rest, posts, number, json);
            }
        }
        catch (HttpRequestException)
        {
            // Killed.
        }
    }

    private static async Task PostAsync(RestClient rest, Publisher posts, int number, string json)
    {
        var answer = (await rest.PostAsync("/api/push", json, ("Idempotency-Key", $"key-{number}"))).Expect(HttpStatusCode.OK);
        posts.Acknowledge(number, answer.Data.GetProperty("offset").GetInt64());
    }

    /// <summary>Repeats unanswered requests with the same key, and the last answered one: its answer must be the same.</summary>
    private static async Task RetryAsync(RestClient rest, Publisher posts)
    {
        foreach (var number in posts.Unanswered()) await PostAsync(rest, posts, number, posts.Json(number));
        if (posts.Sent == 0) return;
        var known = posts.Offset(posts.Sent - 1);
        await PostAsync(rest, posts, posts.Sent - 1, posts.Json(posts.Sent - 1));
        Assert.Equal(known, posts.Offset(posts.Sent - 1));
    }

    private static async Task<List<(long Offset, string Data)>> ReadAsync(NotifyHubProcess hub, long since)
    {
        await using var client = await hub.ConnectAsync($"?since={since}", v1: true);
        var subscribed = await client.NextJsonAsync();
        Assert.True(subscribed.GetProperty("recovered").GetBoolean());
        List<(long, string)> messages = [];
        for (var offset = since; offset < subscribed.GetProperty("offset").GetInt64(); offset++)
        {
            var message = await client.NextJsonAsync();
            messages.Add((message.GetProperty("offset").GetInt64(), message.GetProperty("data").GetRawText()));
        }

        return messages;
    }

    private static async Task<string?> EpochAsync(NotifyHubProcess hub)
    {
        await using var client = await hub.ConnectAsync(v1: true);
        return (await client.NextJsonAsync()).GetProperty("epoch").GetString();
    }

    private static void AssertOnceAndInOrder(Publisher publisher, List<(long Offset, string Data)> stored)
    {
        var places = stored.Where(message => publisher.IsOwn(message.Data)).ToList();
        var numbers = places.ConvertAll(message => publisher.Number(message.Data));
        Assert.Equal(numbers.Distinct(), numbers);
        Assert.Empty(publisher.AcknowledgedNumbers().Except(numbers));
        Assert.Equal(numbers.Order(), numbers);
        foreach (var (number, message) in numbers.Zip(places))
            Assert.Equal(publisher.Offset(number) ?? message.Offset, message.Offset);
    }

    /// <summary>What one publisher has sent and the answers. Numbers count from 0.</summary>
    private sealed class Publisher(string kind)
    {
        private static readonly string Padding = new('x', 400);

        private readonly Lock _gate = new();
        private readonly Dictionary<int, long?> _acknowledged = [];
        private int _sent;

        public int Sent
        {
            get
            {
                lock (_gate) return _sent;
            }
        }

        public int Acknowledged
        {
            get
            {
                lock (_gate) return _acknowledged.Count;
            }
        }

        public (int Number, string Json) Next()
        {
            lock (_gate) return (_sent, Json(_sent++));
        }

        public string Json(int number) => $$"""{"{{kind}}":{{number}},"padding":"{{Padding}}"}""";

        public bool IsOwn(string json) => json.StartsWith($$"""{"{{kind}}":""", StringComparison.Ordinal);

        public int Number(string json) => JsonElement.Parse(json).GetProperty(kind).GetInt32();

        public void Acknowledge(int number, long? offset)
        {
            lock (_gate) _acknowledged[number] = offset;
        }

        public long? Offset(int number)
        {
            lock (_gate) return _acknowledged.GetValueOrDefault(number);
        }

        public List<int> AcknowledgedNumbers()
        {
            lock (_gate) return [.. _acknowledged.Keys];
        }

        public List<int> Unanswered()
        {
            lock (_gate) return [.. Enumerable.Range(0, _sent).Where(number => !_acknowledged.ContainsKey(number))];
        }
    }
}
