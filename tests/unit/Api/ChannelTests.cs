using System.Net;
using System.Text.Json;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

/// <summary><c>/api/channels/{channel}</c>.</summary>
public sealed class ChannelTests
{
    private const string News = "/api/channels/news/messages";

    [Fact]
    public async Task History_is_ascending_and_byte_for_byte()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await server.PostAsync("/api/publish", """{"channel":"news","data":{ "a":1.0 },"key":"k","priority":"low"}""", token);
        await PublishAsync(server, token, 3);

        var all = await server.GetAsync(News, token);
        var newest = await server.GetAsync($"{News}?last=2", token);
        var older = await server.GetAsync($"{News}?before=103&limit=1", token);
        var newer = await server.GetAsync($"{News}?since=101&limit=2", token);
        var rest = await server.GetAsync($"{News}?since=103", token);

        Assert.StartsWith(
            """{"channel":"news","offset":101,"at":"1970-01-01T00:00:00Z","data":{ "a":1.0 },"key":"k","priority":"low"}""",
            all.Data.GetProperty("messages")[0].GetRawText(),
            StringComparison.Ordinal);
        Assert.Equal("101 102 103 104 all", Page(all));
        Assert.Equal("103 104 more", Page(newest));
        Assert.Equal("102 more", Page(older));
        Assert.Equal("102 103 more", Page(newer));
        Assert.Equal("104 all", Page(rest));
    }

    [Fact]
    public async Task The_history_limit_of_the_namespace_is_asked_for()
    {
        await using var server = await ApiServer.StartAsync();
        server.Namespaces.Set(new Dictionary<string, NamespaceOptions> { ["default"] = new(HistoryLimit: 7) });

        await server.GetAsync($"{News}?before=9&limit=3", await server.LogInAsync());

        Assert.Equal([("news", 9, 3, 7)], server.Grid.Logs.Values.Single().Reads);
    }

    [Fact]
    public async Task The_public_channel_has_a_history_too()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        Assert.Equal("all", Page(await server.GetAsync("/api/channels/all/messages", token)));
        await server.PostAsync("/api/push", """[{"n":1},{"n":2},{"n":3},{"n":4},{"n":5}]""", token);

        Assert.Equal("4 5 more", Page(await server.GetAsync("/api/channels/all/messages?last=2", token)));
        Assert.Equal("2 3 more", Page(await server.GetAsync("/api/channels/all/messages?before=4&limit=2", token)));
        Assert.Equal("4 5 all", Page(await server.GetAsync("/api/channels/all/messages?since=3", token)));
    }

    [Theory]
    [InlineData("?before=x", "before")]
    [InlineData("?since=-1", "since")]
    [InlineData("?last=501", "last")]
    [InlineData("?limit=0", "limit")]
    [InlineData("?before=1&last=2", "since")]
    [InlineData("?from=1", "from")]
    public async Task A_wrong_query_is_named(string query, string field)
    {
        await using var server = await ApiServer.StartAsync();

        var answer = await server.GetAsync(News + query, await server.LogInAsync());

        Assert.Equal("VALIDATION_ERROR", answer.Code);
        Assert.Equal([field], answer.FaultyFields);
    }

    [Theory]
    [InlineData("orders:*", HttpStatusCode.BadRequest, "INVALID_CHANNEL")]
    [InlineData("a%20b", HttpStatusCode.BadRequest, "INVALID_CHANNEL")]
    [InlineData("$events", HttpStatusCode.Forbidden, "FORBIDDEN")]
    public async Task A_name_that_is_none_is_refused(string name, HttpStatusCode status, string code)
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();

        foreach (var answer in new[]
        {
            await server.GetAsync($"/api/channels/{name}", token),
            await server.GetAsync($"/api/channels/{name}/messages", token),
            await server.SendAsync(HttpMethod.Delete, $"/api/channels/{name}/messages/1", null, token),
        })
            Assert.Equal((status, code), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Anybody_reads_what_is_public_unless_tokens_are_required()
    {
        foreach (var isRequired in new[] { false, true })
        {
            await using var server = await ApiServer.StartAsync(("RequireToken", isRequired.ToString()));
            server.Namespaces.Set(new Dictionary<string, NamespaceOptions>
            {
                ["open"] = new(Subscribe: SubscribeAccess.Public),
            });

            var open = await server.GetAsync("/api/channels/open:1/messages");
            Assert.Equal(isRequired ? HttpStatusCode.Unauthorized : HttpStatusCode.OK, open.Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync(News)).Status);
            // A wrong token is refused even where none is needed.
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync("/api/channels/open:1", "wrong")).Status);
        }
    }

    [Fact]
    public async Task A_limited_key_reads_in_its_channels_alone()
    {
        await using var server = await ApiServer.StartAsync();

        Assert.Equal(HttpStatusCode.OK, await StatusAsync("/api/channels/orders:eu:1/messages"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("/api/channels/news"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync("/api/channels/orders/messages"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync("/api/channels/all/messages"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync("/api/notifications/windows"));
        var retract = await server.SendAsync(
            HttpMethod.Delete, "/api/channels/other/messages/1", headers: ("X-API-Key", FakeGrid.LimitedKeySecret));
        Assert.Equal(HttpStatusCode.Forbidden, retract.Status);

        async Task<HttpStatusCode> StatusAsync(string path) => (await server.SendAsync(
            HttpMethod.Get, path, headers: ("X-API-Key", FakeGrid.LimitedKeySecret))).Status;
    }

    [Fact]
    public async Task A_channel_shows_the_options_in_effect()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        server.Namespaces.Set(new Dictionary<string, NamespaceOptions> { ["orders"] = new(HistoryLimit: 9) });

        Assert.Equal(
            """
            {"channel":"orders:1","namespace":"orders","subscribe":"token","publish":"nobody","retention":"week",
            "history_limit":9,"presence":"off","message_bytes":65536,"publishes_per_second":null}
            """.ReplaceLineEndings(""),
            (await server.GetAsync("/api/channels/orders:1", token)).Data.GetRawText());
        var open = (await server.GetAsync("/api/channels/all", token)).Data;
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (Kind("namespace"), Kind("retention")));

        JsonValueKind Kind(string name) => open.GetProperty(name).ValueKind;
    }

    [Fact]
    public async Task A_message_is_taken_back_once()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await PublishAsync(server, token, 2);

        var first = await server.SendAsync(HttpMethod.Delete, $"{News}/101", null, token);
        var second = await server.SendAsync(HttpMethod.Delete, $"{News}/101", null, token);
        var open = await server.SendAsync(HttpMethod.Delete, "/api/channels/all/messages/1", null, token);

        Assert.Equal("""{"channel":"news","offset":101}""", first.Data.GetRawText());
        Assert.Equal((HttpStatusCode.NotFound, "NOT_FOUND"), (second.Status, second.Code));
        Assert.Equal((HttpStatusCode.BadRequest, "VALIDATION_ERROR"), (open.Status, open.Code));
        Assert.Equal("102 all", Page(await server.GetAsync($"{News}?since=1", token)));
    }

    private static async Task PublishAsync(ApiServer server, string token, int count)
    {
        for (var n = 0; n < count; n++) await server.PostAsync("/api/publish", """{"channel":"news","data":{}}""", token);
    }

    private static string Page(Answer answer) => string.Join(
        ' ',
        [
            .. answer.Data.GetProperty("messages").EnumerateArray().Select(one => one.GetProperty("offset").GetRawText()),
            answer.Data.GetProperty("more").GetBoolean() ? "more" : "all",
        ]);
}
