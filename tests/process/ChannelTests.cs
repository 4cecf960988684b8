using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>Channels without a socket: published by REST and on the push port, read back, taken back.</summary>
public sealed class ChannelTests : SharedProcess
{
    [Fact]
    public async Task What_is_published_is_read_back_and_taken_back()
    {
        using var rest = await Hub.LogInAsync();
        const string Data = """{ "n":1.50, "u":"\u4e2d" }""";

        var first = (await rest.PostAsync("/api/publish", $$"""{"channel":"back:1","data":{{Data}},"key":"k"}"""))
            .Expect(HttpStatusCode.OK).Data;
        var rows = (await rest.PostAsync("/api/publish", """{"channels":["back:1","back:2","back:1"],"data":{}}"""))
            .Expect(HttpStatusCode.OK).Data;

        var offset = first.GetProperty("offset").GetInt64();
        Assert.Equal("back:1", first.GetProperty("channel").GetString());
        Assert.Equal(["back:1", "back:2"], rows.EnumerateArray().Select(row => row.GetProperty("channel").GetString()));
        var page = await MessagesAsync(rest, "back:1");
        Assert.Equal([offset, rows[0].GetProperty("offset").GetInt64()], Offsets(page));
        Assert.Equal(Data, page[0].GetProperty("data").GetRawText());
        Assert.Equal(
            [rows[0].GetProperty("offset").GetInt64()], Offsets(await MessagesAsync(rest, "back:1", $"?since={offset}")));
        Assert.Equal([offset], Offsets(await MessagesAsync(rest, "back:1", $"?before={offset + 1}")));

        (await rest.SendAsync(HttpMethod.Delete, $"/api/channels/back:1/messages/{offset}")).Expect(HttpStatusCode.OK);
        (await rest.SendAsync(HttpMethod.Delete, $"/api/channels/back:1/messages/{offset}"))
            .ExpectError(HttpStatusCode.NotFound, "NOT_FOUND");
        Assert.Equal([rows[0].GetProperty("offset").GetInt64()], Offsets(await MessagesAsync(rest, "back:1")));
    }

    [Fact]
    public async Task A_key_and_an_end_make_messages_count_as_not_retained()
    {
        using var rest = await Hub.LogInAsync();
        await PublishAsync(rest, """{"channel":"kept","data":{"n":1},"key":"k"}""");
        await PublishAsync(rest, """{"channel":"kept","data":{"n":2},"key":"other"}""");
        await PublishAsync(rest, """{"channel":"kept","data":{"n":3},"key":"k"}""");
        await PublishAsync(rest, """{"channel":"kept","data":{"n":4},"ttl":1}""");

        await Until.TrueAsync(async () =>
            (await MessagesAsync(rest, "kept")).Select(message => message.GetProperty("data").GetProperty("n").GetInt32())
                .SequenceEqual([2, 3]));
    }

    [Fact]
    public async Task The_push_port_publishes_to_the_chosen_channel()
    {
        using var rest = await Hub.LogInAsync();
        await using var client = await Hub.ConnectAsync();
        using var push = await Hub.ConnectPushAsync();

        Assert.Equal("ok", await push.PushAsync("CHANNEL line:42"));
        Assert.Equal("ok", await push.PushAsync("""{"to":"channel"}"""));
        Assert.Equal("error: not a channel's name", await push.PushAsync("CHANNEL line:*"));
        Assert.Equal("error: no channel", await push.PushAsync("""{"to":"nobody"}"""));
        Assert.Equal("ok", await push.PushAsync("CHANNEL all"));
        Assert.Equal("ok", await push.PushAsync("""{"to":"all"}"""));

        Assert.Equal("""{"to":"all"}""", await client.NextAsync());
        var message = Assert.Single(await MessagesAsync(rest, "line:42"));
        Assert.Equal("""{"to":"channel"}""", message.GetProperty("data").GetRawText());
    }

    [Fact]
    public async Task A_namespaces_options_take_effect()
    {
        using var rest = await Hub.LogInAsync();
        (await rest.SendAsync(
            HttpMethod.Put, "/api/namespaces/price", """{"retention":"none","subscribe":"public","publishes_per_second":2}"""))
            .Expect(HttpStatusCode.OK);

        Assert.Equal("""{"channel":"price:1"}""", (await PublishAsync(rest, """{"channel":"price:1","data":{}}""")).GetRawText());
        await PublishAsync(rest, """{"channel":"price:1","data":{}}""");
        (await rest.PostAsync("/api/publish", """[{"channel":"price:1","data":{}},{"channel":"price:1","data":{}}]"""))
            .ExpectError(HttpStatusCode.TooManyRequests, "RATE_LIMITED");
        using (var nobody = Hub.Rest())
        {
            Assert.Empty(await MessagesAsync(nobody, "price:1"));
            (await nobody.GetAsync("/api/channels/other:1/messages")).ExpectError(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        }

        using var push = await Hub.ConnectPushAsync();
        Assert.Equal("ok", await push.PushAsync("CHANNEL price:9"));
        var answers = await push.PushAllAsync([.. Enumerable.Repeat("{}", 10)]);
        Assert.Contains("error: rate limited, try again", answers);
        Assert.Equal("ok", answers[0]);

        (await rest.SendAsync(HttpMethod.Delete, "/api/namespaces/price")).Expect(HttpStatusCode.OK);
        Assert.True((await PublishAsync(rest, """{"channel":"price:1","data":{}}""")).TryGetProperty("offset", out _));
    }

    [Fact]
    public async Task A_key_for_channels_is_good_for_nothing_else()
    {
        using var admin = await Hub.LogInAsync();
        var made = (await admin.PostAsync("/api/keys", """{"name":"till","channels":["till:*"]}"""))
            .Expect(HttpStatusCode.Created);
        using var till = Hub.Rest();
        till.ApiKey = made.Data.GetProperty("key").GetString();

        await PublishAsync(till, """{"channel":"till:1","data":{}}""");
        Assert.Single(await MessagesAsync(till, "till:1"));
        (await till.PostAsync("/api/publish", """{"channel":"other","data":{}}"""))
            .ExpectError(HttpStatusCode.Forbidden, "FORBIDDEN");
        (await till.PostAsync("/api/push", "{}")).ExpectError(HttpStatusCode.Forbidden, "FORBIDDEN");
        (await till.GetAsync("/api/websocket/stats")).ExpectError(HttpStatusCode.Forbidden, "FORBIDDEN");
    }

    [Fact]
    public async Task A_retry_with_its_key_publishes_nothing()
    {
        using var rest = await Hub.LogInAsync();
        const string Body =
            """[{"channel":"once:1","data":{}},{"channel":"all","data":{"type":"once"}},{"users":["7"],"data":{}}]""";

        var first = await rest.PostAsync("/api/publish", Body, ("Idempotency-Key", "once"));
        var second = await rest.PostAsync("/api/publish", Body, ("Idempotency-Key", "once"));
        var other = await rest.PostAsync("/api/publish", """{"channel":"twice","data":{}}""", ("Idempotency-Key", "once"));

        first.Expect(HttpStatusCode.OK);
        Assert.Equal(first, second);
        other.ExpectError(HttpStatusCode.Conflict, "CONFLICT");
        Assert.Single(await MessagesAsync(rest, "once:1"));
        Assert.Single(await MessagesAsync(rest, "user:7"));
        Assert.Empty(await MessagesAsync(rest, "twice"));
    }

    [Fact]
    public async Task Ten_thousand_channels_are_one_call()
    {
        using var rest = await Hub.LogInAsync();
        var names = string.Join(',', Enumerable.Range(0, 10_000).Select(n => $"\"many:{n}\""));

        var answer = await rest.PostAsync("/api/publish", $$"""{"channels":[{{names}}],"data":{} }""");

        Assert.Equal(10_000, answer.Expect(HttpStatusCode.OK).Data.GetArrayLength());
        Assert.Single(await MessagesAsync(rest, "many:9999"));
    }

    private static async Task<JsonElement> PublishAsync(RestClient rest, string body) =>
        (await rest.PostAsync("/api/publish", body)).Expect(HttpStatusCode.OK).Data;

    private static async Task<JsonElement[]> MessagesAsync(RestClient rest, string channel, string query = "") =>
    [
        .. (await rest.GetAsync($"/api/channels/{channel}/messages{query}")).Expect(HttpStatusCode.OK)
            .Data.GetProperty("messages").EnumerateArray(),
    ];

    private static IEnumerable<long> Offsets(JsonElement[] page) =>
        page.Select(message => message.GetProperty("offset").GetInt64());
}
