using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;
using static NotifyHub.ProcessTests.ChannelFrames;

namespace NotifyHub.ProcessTests;

/// <summary>
/// Channels as their users see them: who may follow and publish, by which way, what comes to whom, and what is left of it later.
/// The gateway's own memory of messages is minimal, so that most of what is read later comes from storage.
/// </summary>
public sealed class ChannelClientTests(ChannelClientTests.Shared shared) : IClassFixture<ChannelClientTests.Shared>
{
    private const int Channels = 2_000;

    /// <summary>The namespace <c>default</c> and those that take its options are public; <c>locked</c> is not.</summary>
    public sealed class Shared() : SharedProcess(("WindowBytes", "65536")), IAsyncLifetime
    {
        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            await InitializeAsync();
            using var rest = await Hub.LogInAsync();
            await ChannelTraffic.PublicAsync([Hub], rest, "default");
            (await rest.SendAsync(HttpMethod.Put, "/api/namespaces/locked", """{"subscribe":"token"}"""))
                .Expect(HttpStatusCode.OK);
            (await rest.SendAsync(HttpMethod.Put, "/api/namespaces/fleeting", """{"retention":"none"}"""))
                .Expect(HttpStatusCode.OK);
            using var anyone = Hub.Rest();
            await Until.TrueAsync(
                async () => (await anyone.GetAsync("/api/channels/locked:1")).Status != HttpStatusCode.OK
                    && (await anyone.GetAsync("/api/channels/fleeting:1")).Body.Contains("\"none\"", StringComparison.Ordinal),
                what: "the options are in effect");
        }
    }

    private NotifyHubProcess Hub => shared.Hub;

    [Fact]
    public async Task Publishes_of_all_ways_reach_names_and_patterns()
    {
        using var rest = await Hub.LogInAsync();
        using var push = await Hub.ConnectPushAsync();
        await using var names = await SubscribeAsync("?channels=orders:eu:1,news");
        await using var pattern = await SubscribeAsync("?channels=orders:*");
        await using var everybody = await Hub.ConnectAsync();

        await PublishAsync(rest, "orders:eu:1", """{ "n" : 1.0 }""");
        Assert.Equal("ok", await push.PushAsync("CHANNEL orders:eu:1"));
        Assert.Equal("ok", await push.PushAsync("""{ "n" : 2.0 }"""));
        Assert.Equal("ok", await push.PushAsync("CHANNEL news"));
        Assert.Equal("ok", await push.PushAsync("""{"n":3}"""));
        Assert.StartsWith("error: ", await push.PushAsync("CHANNEL no:"), StringComparison.Ordinal);
        Assert.Equal("error: no channel", await push.PushAsync("""{"n":4}"""));
        Assert.Equal("ok", await push.PushAsync("CHANNEL all"));
        Assert.Equal("ok", await push.PushAsync("""{"n":5}"""));
        await PublishAsync(rest, "orders:us:2", """{"n":6}""");

        var (first, second) = (await NextAsync(names, "message"), await NextAsync(names, "message"));
        Assert.Contains(""" "n" : 1.0 """, first, StringComparison.Ordinal);
        Assert.Contains(""" "n" : 2.0 """, second, StringComparison.Ordinal);
        Assert.Equal("""{"n":3}""", Data(await NextAsync(names, "message")));
        // The same bytes for every subscriber.
        Assert.Equal(first, await NextAsync(pattern, "message"));
        Assert.Equal(second, await NextAsync(pattern, "message"));
        Assert.Equal("""{"n":6}""", Data(await NextAsync(pattern, "message")));
        Assert.Equal("""{"n":5}""", await everybody.NextAsync());
    }

    [Fact]
    public async Task Many_channels_come_exactly_once_across_kills()
    {
        using var rest = await Hub.LogInAsync();
        await using var traffic = await ChannelTraffic.StartAsync([Hub], rest, "many", Channels, channels =>
            [.. channels.Chunk(Channels / 10), ["many:*"]]);

        for (var kill = 0; kill < 2; kill++)
        {
            await traffic.Publisher.ContinueAsync(Channels);
            await Hub.KillAsync();
            await Hub.StartAgainAsync();
        }

        await traffic.Publisher.ContinueAsync(Channels);
        // Nothing of what this one asks for is in memory.
        await traffic.JoinAsync([Hub], ["many:*"], traffic.Begin);
        await traffic.EndAsync();
        Assert.True(traffic.Clients.Sum(client => client.Resumes) >= 2 * 11);
    }

    [Fact]
    public async Task A_token_opens_what_it_names_until_it_is_revoked()
    {
        using var rest = await Hub.LogInAsync();
        await using var anonymous = await SubscribeAsync("?channels=user:42,locked:a");
        var issued = await IssueAsync(
            rest, """{"user":"42","channels":["locked:a"],"caps":[{"match":"locked:*","allow":["history"]}]}""");
        await using var user = await Hub.ConnectAsync($"?token={issued.Token}", v1: true);
        var subscribed = await user.NextJsonAsync();

        Assert.Equal("42", subscribed.GetProperty("user").GetString());
        Assert.Equal(["locked:a", "user:42"], Names(subscribed, "channels").Order(StringComparer.Ordinal));
        (await rest.PostAsync("/api/publish", """{"users":["42","43"],"data":{"to":42}}""")).Expect(HttpStatusCode.OK);
        await PublishAsync(rest, "locked:a", """{"to":"a"}""");
        string[] came = [Data(await NextAsync(user, "message")), Data(await NextAsync(user, "message"))];
        Assert.Equal(["""{"to":"a"}""", """{"to":42}"""], came.Order(StringComparer.Ordinal));
        // What came to the user did not come to others.
        await AssertQuietAsync(anonymous);

        (await rest.PostAsync("/api/tokens/revoke", $$"""{"jti":"{{issued.Id}}"}""")).Expect(HttpStatusCode.OK);
        Assert.Equal(4501, (await user.WaitUntilClosedAsync()).Code);
        await using var again = await Hub.ConnectAsync($"?token={issued.Token}", v1: true);
        Assert.Equal("error", (await again.NextJsonAsync()).GetProperty("type").GetString());
        Assert.Equal(4501, (await again.WaitUntilClosedAsync()).Code);
    }

    [Fact]
    public async Task A_token_frame_makes_an_anonymous_client_a_user()
    {
        using var rest = await Hub.LogInAsync();
        var issued = await IssueAsync(rest, """{"user":"7","caps":[{"match":"chat:*","allow":["subscribe","publish"]}]}""");
        await using var client = await SubscribeAsync("?channels=");

        await client.SendAsync("""{"type":"subscribe","id":1,"channels":["user:7"]}""");
        Assert.Equal(["user:7"], Names(Json(await NextAsync(client, "subscribed")), "refused"));
        await client.SendAsync("""{"type":"publish","id":2,"channel":"chat:1","data":{}}""");
        Assert.Equal("FORBIDDEN", Json(await NextAsync(client, "error")).GetProperty("code").GetString());
        await client.SendAsync($$"""{"type":"token","id":3,"token":"{{issued.Token}}"}""");
        Assert.Equal(3, Json(await NextAsync(client, "token")).GetProperty("id").GetInt32());
        await client.SendAsync("""{"type":"subscribe","id":4,"channels":["user:7","chat:1"]}""");
        Assert.Equal(["user:7", "chat:1"], Names(Json(await NextAsync(client, "subscribed")), "channels"));
        (await rest.PostAsync("/api/publish", """{"users":["7"],"data":{"hello":7}}""")).Expect(HttpStatusCode.OK);
        Assert.Equal("""{"hello":7}""", Data(await NextAsync(client, "message")));

        await client.SendAsync("""{"type":"publish","id":"five","channel":"chat:1","data":{ "said" : 1 }}""");
        var (message, published) = await BothAsync(client, "message", "published");
        Assert.Equal("""{ "said" : 1 }""", Data(message));
        Assert.Equal("7", Json(message).GetProperty("user").GetString());
        Assert.Equal("five", Json(published).GetProperty("id").GetString());
        Assert.Equal(Offset(message), Offset(published));

        (await rest.PostAsync("/api/tokens/revoke", """{"user":"7"}""")).Expect(HttpStatusCode.OK);
        Assert.Equal(4501, (await client.WaitUntilClosedAsync()).Code);
    }

    [Fact]
    public async Task The_past_of_a_channel_is_told_as_asked()
    {
        using var rest = await Hub.LogInAsync();
        List<long> offsets = [];
        for (var n = 1; n <= 5; n++) offsets.Add(await PublishAsync(rest, "past:1", $$"""{"n":{{n}}}"""));
        await using var client = await SubscribeAsync("?channels=");

        Assert.Equal([4, 5], await ReplayAsync(client, """{"channel":"past:1","last":2}""", 2));
        Assert.Equal([3, 4, 5], await ReplayAsync(client, $$"""{"channel":"past:1","since":{{offsets[1]}}}""", 3));
        await client.SendAsync($$"""{"type":"history","id":9,"channel":"past:1","before":{{offsets[3]}},"limit":2}""");
        var history = Json(await NextAsync(client, "history"));
        Assert.Equal([2, 3], Numbers(history));
        Assert.True(history.GetProperty("more").GetBoolean());
        Assert.Equal([4, 5], await PageAsync("last=2"));
        Assert.Equal([3, 4, 5], await PageAsync($"since={offsets[1]}"));
        Assert.Equal([1, 2], await PageAsync($"before={offsets[2]}"));
        // Nothing is in the channel behind this, and nobody may say that something was lost.
        await using var beyond = await Hub.ConnectAsync("?channels=past:1&since=1000000000", v1: true);
        var outcome = (await beyond.NextJsonAsync()).GetProperty("channels")[0];
        Assert.False(outcome.GetProperty("recovered").GetBoolean());
        Assert.False(outcome.TryGetProperty("gap", out _));
    }

    [Fact]
    public async Task Retracted_replaced_and_expired_messages_are_not_told_again()
    {
        using var rest = await Hub.LogInAsync();
        await using var live = await SubscribeAsync("?channels=doc:1");
        var retracted = await PublishAsync(rest, "doc:1", """{"n":1}""");
        await PublishAsync(rest, "doc:1", """{"n":2}""", ""","key":"k" """);
        await PublishAsync(rest, "doc:1", """{"n":3}""", ""","key":"k" """);
        await PublishAsync(rest, "doc:1", """{"n":4}""", ""","ttl":1""");
        await PublishAsync(rest, "doc:1", """{"n":5}""");
        // A fast client sees all.
        for (var n = 1; n <= 5; n++) Assert.Equal($$"""{"n":{{n}}}""", Data(await NextAsync(live, "message")));

        var path = $"/api/channels/doc:1/messages/{retracted}";
        (await rest.SendAsync(HttpMethod.Delete, path)).Expect(HttpStatusCode.OK);
        (await rest.SendAsync(HttpMethod.Delete, path)).ExpectError(HttpStatusCode.NotFound, "NOT_FOUND");

        Assert.Equal(retracted, Offset(await NextAsync(live, "retracted")));
        await Until.TrueAsync(async () => (await PageAsync("last=10", "doc:1")).SequenceEqual([3, 5]), what: "the ttl is over");
        await using var late = await Hub.ConnectAsync("?channels=doc:1&since=0", v1: true);
        var frames = await late.NextUntilAsync(text => text.Contains("""{"n":5}""", StringComparison.Ordinal));
        Assert.Equal(
            ["""{"n":3}""", """{"n":5}"""],
            frames.Where(frame => Type(frame) == "message").Select(Data));
        await using var moving = await SubscribeAsync("?channels=");
        Assert.Equal([3, 5], await ReplayAsync(moving, """{"channel":"doc:1","last":10}""", 2));
    }

    [Fact]
    public async Task A_namespace_that_retains_nothing_only_passes_on()
    {
        using var rest = await Hub.LogInAsync();
        await using var client = await SubscribeAsync("?channels=fleeting:1,fleeting:*");

        var answer = await rest.PostAsync("/api/publish", """{"channel":"fleeting:1","data":{"now":1}}""");

        Assert.False(answer.Expect(HttpStatusCode.OK).Data.TryGetProperty("offset", out _), answer.Body);
        var message = await NextAsync(client, "message");
        Assert.Equal("""{"now":1}""", Data(message));
        Assert.False(Json(message).TryGetProperty("offset", out _), message);
        Assert.Empty(await PageAsync("last=10", "fleeting:1"));
        await using var again = await Hub.ConnectAsync("?channels=fleeting:1&since=0", v1: true);
        Assert.False((await again.NextJsonAsync()).GetProperty("channels")[0].GetProperty("recovered").GetBoolean());
    }

    [Fact]
    public async Task Refused_channels_are_named_and_the_others_stand()
    {
        await using var client = await Hub.ConnectAsync("?channels=locked:1,ok:1,a::b,$system,user:1,ok:1:*", v1: true);

        var subscribed = await client.NextJsonAsync();

        Assert.Equal(["ok:1", "ok:1:*"], Names(subscribed, "channels"));
        Assert.Equal(
            ["locked:1 FORBIDDEN", "a::b INVALID_CHANNEL", "$system FORBIDDEN", "user:1 FORBIDDEN"],
            subscribed.GetProperty("refused").EnumerateArray().Select(one =>
                $"{one.GetProperty("channel").GetString()} {one.GetProperty("code").GetString()}"));
        await client.SendAsync("""{"type":"subscribe","id":1,"channels":[{"channel":"ok:*","since":1},"ok:2"]}""");
        var more = Json(await NextAsync(client, "subscribed"));
        Assert.Equal(["ok:2"], Names(more, "channels"));
        Assert.Equal(["ok:*"], Names(more, "refused"));
        await client.SendAsync("""{"type":"unsubscribe","id":2,"channels":["ok:2","ok:3"]}""");
        Assert.Equal(
            """{"type":"unsubscribed","id":2,"channels":["ok:2"]}""", await NextAsync(client, "unsubscribed"));
    }

    [Fact]
    public async Task A_limited_key_is_good_for_its_channels_alone()
    {
        using var admin = await Hub.LogInAsync();
        var made = await admin.PostAsync("/api/keys", """{"name":"o","scopes":["publish","read"],"channels":["limited:*"]}""");
        using var rest = Hub.Rest();
        rest.ApiKey = made.Expect(HttpStatusCode.Created).Data.GetProperty("key").GetString();

        await PublishAsync(rest, "limited:1", """{"n":1}""");
        foreach (var target in (string[])["\"channel\":\"news\"", "\"users\":[\"42\"]", "\"channels\":[\"limited:1\",\"news\"]"])
        {
            var answer = await rest.PostAsync("/api/publish", $$$"""{{{{target}}},"data":{"n":2}}""");
            answer.ExpectError(HttpStatusCode.Forbidden, "FORBIDDEN");
        }

        (await rest.PostAsync("/api/push", "{}")).ExpectError(HttpStatusCode.Forbidden, "FORBIDDEN");
        (await rest.GetAsync("/api/channels/news/messages")).ExpectError(HttpStatusCode.Forbidden, "FORBIDDEN");

        // The call that was refused as a whole has published nothing to the channel that it may use.
        Assert.Equal([1], Numbers((await rest.GetAsync("/api/channels/limited:1/messages")).Expect(HttpStatusCode.OK).Data));
        await using var client = await Hub.ConnectAsync($"?channels=limited:1,news,limited:*&token={rest.ApiKey}", v1: true);
        var subscribed = await client.NextJsonAsync();
        Assert.Equal(["limited:1", "limited:*"], Names(subscribed, "channels"));
        Assert.Equal(["news"], Names(subscribed, "refused"));
        Assert.Equal(JsonValueKind.Null, subscribed.GetProperty("user").ValueKind);
    }

    /// <summary>Connects and returns when the client is subscribed.</summary>
    private async Task<SocketClient> SubscribeAsync(string query)
    {
        var client = await Hub.ConnectAsync(query, v1: true);
        await NextAsync(client, "subscribed");
        return client;
    }

    private static async Task<long> PublishAsync(RestClient rest, string channel, string data, string more = "") =>
        (await rest.PostAsync("/api/publish", $$"""{"channel":"{{channel}}","data":{{data}}{{more}}}"""))
            .Expect(HttpStatusCode.OK).Data.GetProperty("offset").GetInt64();

    private static async Task<(string Token, string Id)> IssueAsync(RestClient rest, string wanted)
    {
        var issued = (await rest.PostAsync("/api/tokens", wanted)).Expect(HttpStatusCode.OK).Data;
        return (issued.GetProperty("token").GetString()!, issued.GetProperty("jti").GetString()!);
    }

    private async Task<List<int>> PageAsync(string query, string channel = "past:1")
    {
        using var anyone = Hub.Rest();
        return Numbers((await anyone.GetAsync($"/api/channels/{channel}/messages?{query}")).Expect(HttpStatusCode.OK).Data);
    }
}
