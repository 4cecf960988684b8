using System.Net;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

/// <summary><c>/api/namespaces</c>.</summary>
public sealed class NamespaceTests
{
    private const string Orders = "/api/namespaces/orders";

    [Fact]
    public async Task What_is_not_set_is_taken_from_default()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await PutAsync(server, token, "default", """{"retention":"day","history_limit":5,"subscribe":"staff"}""");

        var answer = await PutAsync(server, token, "orders", """{"subscribe":"public","history_limit":null,"presence":"list"}""");

        Assert.Equal(
            """
            {"name":"orders","subscribe":"public","publish":"nobody","retention":"day","history_limit":null,"presence":"list",
            "message_bytes":65536,"publishes_per_second":null,"set":["subscribe","history_limit","presence"]}
            """.ReplaceLineEndings(""),
            answer.Data.GetRawText());
        Assert.Equal(answer.Body, (await server.GetAsync(Orders, token)).Body);
        Assert.Equal(
            new NamespaceOptions(SubscribeAccess.Public, Retention: Retention.Day, Presence: Presence.List),
            server.Namespaces.Of("orders:1"));
        Assert.Equal(
            new NamespaceOptions(SubscribeAccess.Staff, Retention: Retention.Day, HistoryLimit: 5),
            server.Namespaces.Of("other"));
        Assert.Equal(["namespace.set", "namespace.set"], server.Grid.Audited.Select(entry => entry.Act));
    }

    [Fact]
    public async Task The_list_is_enveloped_and_begins_with_default()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        foreach (var name in new[] { "b", "a", "default" }) await PutAsync(server, token, name, "{}");

        var list = (await server.GetAsync("/api/namespaces?page=1&limit=2", token)).Data;

        Assert.Equal(
            ["default", "a"], list.GetProperty("namespaces").EnumerateArray().Select(one => one.GetProperty("name").GetString()));
        Assert.Equal(
            (3, 1, 2),
            (list.GetProperty("total").GetInt32(), list.GetProperty("page").GetInt32(), list.GetProperty("limit").GetInt32()));
    }

    [Fact]
    public async Task Deleting_goes_back_to_default_once()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await PutAsync(server, token, "orders", """{"retention":"none"}""");

        var first = await server.SendAsync(HttpMethod.Delete, Orders, null, token);
        var second = await server.SendAsync(HttpMethod.Delete, Orders, null, token);

        Assert.Equal("week", first.Data.GetProperty("retention").GetString());
        Assert.Equal(Retention.Week, server.Namespaces.Of("orders:1").Retention);
        Assert.Equal((HttpStatusCode.NotFound, "NOT_FOUND"), (second.Status, second.Code));
    }

    [Theory]
    [InlineData("orders", """{"subscribe":"everybody"}""", "subscribe")]
    [InlineData("orders", """{"history_limit":0}""", "history_limit")]
    [InlineData("orders", """{"history_limit":"5"}""", "history_limit")]
    [InlineData("orders", """{"message_bytes":1048577}""", "message_bytes")]
    [InlineData("orders", """{"publishes_per_second":-1}""", "publishes_per_second")]
    [InlineData("orders", """{"retension":"day"}""", "retension")]
    [InlineData("user", """{"subscribe":"public"}""", "subscribe")]
    [InlineData("user", """{"publish":"token"}""", "publish")]
    [InlineData("all", "{}", "name")]
    [InlineData("a%20b", "{}", "name")]
    [InlineData("a:b", "{}", "name")]
    public async Task What_cannot_be_set_is_named_and_changes_nothing(string name, string body, string field)
    {
        await using var server = await ApiServer.StartAsync();

        var answer = await PutAsync(server, await server.LogInAsync(), name, body);

        Assert.Equal((HttpStatusCode.BadRequest, "VALIDATION_ERROR"), (answer.Status, answer.Code));
        Assert.Equal([field], answer.FaultyFields);
        Assert.Empty(server.Grid.Namespaces);
    }

    [Fact]
    public async Task The_systems_namespaces_are_forbidden()
    {
        await using var server = await ApiServer.StartAsync();

        Assert.Equal("FORBIDDEN", (await PutAsync(server, await server.LogInAsync(), "$x", "{}")).Code);
    }

    [Fact]
    public async Task Permissions_of_users_channels_stay_as_they_are()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await PutAsync(server, token, "default", """{"subscribe":"public"}""");

        var answer = await PutAsync(server, token, "user", """{"retention":"month"}""");

        Assert.Equal("token", answer.Data.GetProperty("subscribe").GetString());
        Assert.Equal(
            (SubscribeAccess.Token, Retention.Month),
            (server.Namespaces.Of("user:1").Subscribe, server.Namespaces.Of("user:1").Retention));
    }

    [Fact]
    public async Task There_are_at_most_a_thousand()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        for (var n = 0; n < NamespaceSnapshot.MaxNamespaces; n++) server.Grid.Namespaces[$"n{n}"] = new();

        Assert.Equal("CONFLICT", (await PutAsync(server, token, "orders", "{}")).Code);
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(server, token, "n7", "{}")).Status);
    }

    private static Task<Answer> PutAsync(ApiServer server, string token, string name, string body) =>
        server.SendAsync(HttpMethod.Put, $"/api/namespaces/{name}", body, token);
}
