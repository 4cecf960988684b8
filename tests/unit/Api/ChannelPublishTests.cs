using System.Net;
using System.Text;
using System.Text.Json;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

/// <summary><c>POST /api/publish</c>.</summary>
public sealed class ChannelPublishTests
{
    private const string Route = "/api/publish";

    [Fact]
    public async Task A_message_is_stored_byte_for_byte_with_its_options()
    {
        await using var server = await ApiServer.StartAsync();
        const string Data = """{ "n": 1.50e3, "u":"\u4e2d\u0000\ud800", "n":9007199254740993 }""";

        var answer = await server.PostAsync(
            Route,
            $$"""{"channel":"orders:42","data":{{Data}},"key":"k","ttl":60,"priority":"high"}""",
            await server.LogInAsync());

        Assert.Equal((HttpStatusCode.OK, """{"channel":"orders:42","offset":101}"""), (answer.Status, answer.Data.GetRawText()));
        var (_, log) = Assert.Single(server.Grid.Logs);
        var draft = Assert.Single(Assert.Single(log.Published).Drafts);
        Assert.Equal(Data, Encoding.UTF8.GetString(draft.Payload!));
        var target = draft.Target!;
        Assert.Equal(
            ("orders:42", Retention.Week, "k", "high", null, null),
            (target.Channel, target.Retention, target.Key, target.Priority, target.User, target.MaxPerSecond));
        Assert.InRange((target.ExpiresAt!.Value - DateTimeOffset.UtcNow).TotalSeconds, 30, 60);
    }

    [Fact]
    public async Task Lists_are_answered_in_order_and_name_a_channel_once()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();

        var answer = await server.PostAsync(Route, """{"channels":["b:1","a","b:1","all"],"data":{} }""", token);
        var users = await server.PostAsync(Route, """{"users":["42","a@b"],"data":{} }""", token);

        Assert.Equal(["b:1", "a", "all"], Channels(answer.Data));
        Assert.All(answer.Data.EnumerateArray(), one => Assert.True(one.GetProperty("offset").GetInt64() > 0));
        Assert.Equal(["user:42", "user:a@b"], Channels(users.Data));
        Assert.Single(server.Grid.Log);
        foreach (var (key, log) in server.Grid.Logs)
        {
            Assert.All(
                log.Published.SelectMany(batch => batch.Drafts),
                draft => Assert.Equal(key, GrainKeys.Log(GrainKeys.LogName(ChannelName.LogOf(draft.Target!.Channel, 4)))));
        }
    }

    [Fact]
    public async Task An_array_is_answered_by_a_list_one_call_per_log()
    {
        await using var server = await ApiServer.StartAsync();
        var items = string.Join(
            ',', Enumerable.Range(0, 100).Select(n => $$"""{"channel":"c:{{n % 50}}","data":{"n":{{n}} } }"""));

        var answer = await server.PostAsync(Route, $"[{items}]", await server.LogInAsync());

        Assert.Equal(Enumerable.Range(0, 100).Select(n => $"c:{n % 50}"), Channels(answer.Data));
        Assert.Equal(4, server.Grid.Logs.Count);
        Assert.All(server.Grid.Logs.Values, log => Assert.Single(log.Published));
        var offsets = answer.Data.EnumerateArray().Select(one => one.GetProperty("offset").GetInt64()).ToArray();
        Assert.All(Enumerable.Range(0, 50), n => Assert.True(offsets[n] < offsets[n + 50]));
    }

    [Theory]
    [InlineData("""{"data":{}}""", "channel")]
    [InlineData("""{"channel":"a","users":["b"],"data":{}}""", "channel")]
    [InlineData("""{"channel":"a"}""", "data")]
    [InlineData("""{"channel":"a","data":[1]}""", "data")]
    [InlineData("""{"channel":"a","data":null}""", "data")]
    [InlineData("""{"channel":"a","data":{},"ttl":0}""", "ttl")]
    [InlineData("""{"channel":"a","data":{},"ttl":2592001}""", "ttl")]
    [InlineData("""{"channel":"a","data":{},"ttl":"60"}""", "ttl")]
    [InlineData("""{"channel":"a","data":{},"key":""}""", "key")]
    [InlineData("""{"channel":"a","data":{},"priority":"urgent"}""", "priority")]
    [InlineData("""{"channel":"a","data":{},"prioriti":"low"}""", "prioriti")]
    [InlineData("""{"channel":"all","data":{},"key":"k","ttl":1}""", "key", "ttl")]
    [InlineData("""{"channels":[],"data":{}}""", "channels")]
    [InlineData("""{"users":["a b",7],"data":{}}""", "users")]
    [InlineData("""{"users":["a","a b"],"data":{}}""", "users[1]")]
    [InlineData("""[{"channel":"a","data":{}},{"channel":"a b"}]""", "[1].channel", "[1].data")]
    [InlineData("""[{"channel":"a","data":{}},{"channel":"a:*","data":{}}]""", "[1].channel")]
    [InlineData("""[{"channel":"a","data":{}},5]""", "[1].body")]
    [InlineData("[]", "body")]
    public async Task One_bad_item_changes_nothing(string body, params string[] fields)
    {
        await using var server = await ApiServer.StartAsync();

        var answer = await server.PostAsync(Route, body, await server.LogInAsync());

        Assert.Equal((HttpStatusCode.BadRequest, "VALIDATION_ERROR"), (answer.Status, answer.Code));
        Assert.Equal(fields, answer.FaultyFields);
        Assert.Empty(server.Grid.Logs);
        Assert.Empty(server.Grid.Log);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("orders:*")]
    [InlineData("")]
    [InlineData("a::b")]
    public async Task A_name_that_is_none_has_a_code(string name)
    {
        await using var server = await ApiServer.StartAsync();

        var answer = await server.PostAsync(
            Route, JsonSerializer.Serialize(new { channel = name, data = new { } }), await server.LogInAsync());

        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_CHANNEL"), (answer.Status, answer.Code));
        Assert.Equal(["channel"], answer.FaultyFields);
        Assert.False(answer.Error.GetProperty("again").GetBoolean());
    }

    [Fact]
    public async Task The_systems_channels_are_forbidden()
    {
        await using var server = await ApiServer.StartAsync();

        var answer = await server.PostAsync(Route, """{"channel":"$events","data":{}}""", await server.LogInAsync());

        Assert.Equal((HttpStatusCode.Forbidden, "FORBIDDEN"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task More_than_ten_thousand_channels_are_too_many()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        static string Names(int count) => string.Join(',', Enumerable.Range(0, count).Select(n => $"\"c:{n}\""));

        var many = await server.PostAsync(Route, $$"""[{"channels":[{{Names(10_000)}}],"data":{} }]""", token);
        var tooMany = await server.PostAsync(
            Route, $$"""[{"channels":[{{Names(10_000)}}],"data":{} },{"channel":"x","data":{} }]""", token);
        var list = await server.PostAsync(Route, $$"""{"channels":[{{Names(10_001)}}],"data":{} }""", token);

        Assert.Equal(10_000, many.Data.GetArrayLength());
        Assert.Equal((HttpStatusCode.BadRequest, "TOO_MANY_CHANNELS"), (tooMany.Status, tooMany.Code));
        Assert.Equal("TOO_MANY_CHANNELS", list.Code);
        Assert.Equal(10_000, server.Grid.Logs.Values.Sum(log => log.Messages.Count));
    }

    [Fact]
    public async Task The_namespace_bounds_data_and_decides_what_is_stored()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        server.Namespaces.Set(new Dictionary<string, NamespaceOptions>
        {
            ["price"] = new(Retention: Retention.None, MessageBytes: 10, PublishesPerSecond: 2),
        });

        var large = await server.PostAsync(
            Route, """[{"channel":"a","data":{}},{"channel":"price:1","data":{"n":123456}}]""", token);
        var often = await server.PostAsync(Route, $"[{Price},{Price},{Price}]", token);
        Assert.Empty(server.Grid.Logs);
        var answer = await server.PostAsync(
            Route, $$"""[{{Price}},{"channel":"a","data":{} }]""", token, ("Idempotency-Key", "k"));

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE"), (large.Status, large.Code));
        Assert.Equal(["[1].data"], large.FaultyFields);
        Assert.Equal((HttpStatusCode.TooManyRequests, "RATE_LIMITED"), (often.Status, often.Code));
        Assert.False(often.Error.GetProperty("again").GetBoolean());
        Assert.Equal("""{"channel":"price:1"}""", answer.Data[0].GetRawText());
        Assert.True(answer.Data[1].TryGetProperty("offset", out _));
        // A key finds what was stored; of this nothing is.
        Assert.Null(server.Grid.Logs.Values.SelectMany(log => log.Published)
            .Single(batch => batch.Drafts[0].Target!.Channel == "price:1").IdempotencyKey);
    }

    private const string Price = """{"channel":"price:1","data":{}}""";

    [Fact]
    public async Task A_limit_per_second_says_when_to_come_back()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await server.PostAsync(Route, """{"channel":"a","data":{} }""", token);
        server.Grid.Logs.Values.Single().Fault = new ChannelRateException("a", TimeSpan.FromMilliseconds(250));

        var answer = await server.PostAsync(Route, """{"channel":"a","data":{} }""", token);

        Assert.Equal((HttpStatusCode.TooManyRequests, "RATE_LIMITED"), (answer.Status, answer.Code));
        Assert.True(answer.Error.GetProperty("again").GetBoolean());
        Assert.Equal(250, answer.Error.GetProperty("after_ms").GetInt32());
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter!.Delta);
    }

    [Fact]
    public async Task A_retry_stores_the_rest_each_once()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        const string Body = """{"channels":["c:1","c:2","c:3","c:4","c:5","c:6","c:7","c:8"],"data":{}}""";
        await server.PostAsync(Route, Body, token);
        var logs = server.Grid.Logs.Values.ToArray();
        logs[0].Fault = new StorageUnavailableException();

        var failed = await server.PostAsync(Route, Body, token, ("Idempotency-Key", "once"));
        logs[0].Fault = null;
        var first = await server.PostAsync(Route, Body, token, ("Idempotency-Key", "once"));
        var second = await server.PostAsync(Route, Body, token, ("Idempotency-Key", "once"));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "UNAVAILABLE"), (failed.Status, failed.Code));
        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Equal(first.Body, second.Body);
        Assert.Equal(16, logs.Sum(log => log.Messages.Count));
    }

    [Fact]
    public async Task Another_body_under_the_same_key_is_a_conflict()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await server.PostAsync(Route, """{"channel":"a","data":{"n":1}}""", token, ("Idempotency-Key", "k"));

        // Also where another log would have the message.
        foreach (var channel in new[] { "a", "b", "c", "d", "e", "f", "g", "all" })
        {
            var answer = await server.PostAsync(
                Route, $$"""{"channel":"{{channel}}","data":{"n":2} }""", token, ("Idempotency-Key", "k"));
            Assert.Equal((HttpStatusCode.Conflict, "CONFLICT"), (answer.Status, answer.Code));
        }

        Assert.Single(server.Grid.Logs.Values.Single().Messages);
        Assert.Empty(server.Grid.Log);
    }

    [Fact]
    public async Task A_gateway_that_has_not_registered_answers_503()
    {
        await using var server = await ApiServer.StartAsync();
        server.LogCount = 0;

        var answer = await server.PostAsync(Route, """{"channel":"a","data":{}}""", await server.LogInAsync());

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "UNAVAILABLE"), (answer.Status, answer.Code));
    }

    [Theory]
    [InlineData("""{"channel":"orders:1","data":{}}""", HttpStatusCode.OK)]
    [InlineData("""{"channels":["news","orders:1"],"data":{}}""", HttpStatusCode.OK)]
    [InlineData("""{"channel":"orders","data":{}}""", HttpStatusCode.Forbidden)]
    [InlineData("""[{"channel":"news","data":{}},{"channel":"all","data":{}}]""", HttpStatusCode.Forbidden)]
    [InlineData("""{"users":["1"],"data":{}}""", HttpStatusCode.Forbidden)]
    public async Task A_limited_key_publishes_in_its_channels_alone(string body, HttpStatusCode status)
    {
        await using var server = await ApiServer.StartAsync();

        var answer = await server.PostAsync(Route, body, null, ("X-API-Key", FakeGrid.LimitedKeySecret));

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == HttpStatusCode.OK, server.Grid.Logs.Count > 0);
    }

    private static IEnumerable<string?> Channels(JsonElement list) =>
        list.EnumerateArray().Select(one => one.GetProperty("channel").GetString());
}
