using System.Net;
using Xunit;

namespace NotifyHub.UnitTests.Api;

/// <summary>A name that is not known is refused everywhere: misspelt, it would look as if it had been left out.</summary>
public sealed class UnknownNameTests
{
    [Theory]
    [InlineData("POST", "/api/auth/login", """{"email":"a@b","password":"x","paswword":1}""", "paswword", "password")]
    [InlineData("POST", "/api/auth/password", """{"new_pasword":"a better one"}""", "new_pasword", "new_password")]
    [InlineData("POST", "/api/users", """{"rol":"viewer"}""", "rol", "role")]
    [InlineData("PATCH", "/api/users/7", """{"disable":true}""", "disable", "disabled")]
    [InlineData("POST", "/api/users/7/password", """{"pasword":"a better one"}""", "pasword", "password")]
    [InlineData("POST", "/api/keys", """{"name":"n","scope":["read"]}""", "scope", "scopes")]
    [InlineData("POST", "/api/notifications/windows", """{"title":"t","message":"m","prority":"high"}""", "prority", "priority")]
    [InlineData("POST", "/api/notifications/windows/batch", """[{"title":"t","message":"m","repos":"r"}]""", "0.repos", "repo")]
    [InlineData("PATCH", "/api/notifications/windows/41/status", """{"status":"read","stauts":"read"}""", "stauts", "status")]
    [InlineData("POST", "/api/schedules", """{"nam":"n"}""", "nam", "name")]
    [InlineData("POST", "/api/schedules", """{"notification":{"titel":"t"}}""", "notification.titel", "title")]
    [InlineData("PUT", "/api/schedules/1", """{"cronn":"* * * * *"}""", "cronn", "cron")]
    [InlineData("POST", "/api/schedules/preview", """{"timezone":"UTC"}""", "timezone", "time_zone")]
    public async Task Unknown_field_of_a_body_is_refused(string method, string path, string body, string field, string meant)
    {
        await using var server = await ApiServer.StartAsync();

        var answer = await server.SendAsync(
            new HttpMethod(method), path, body, await server.LogInAsync(), ("Accept-Language", "en"));

        Assert.Equal((HttpStatusCode.BadRequest, "VALIDATION_ERROR"), (answer.Status, answer.Code));
        Assert.Equal($"there is no such field; did you mean {meant}?", answer.Detail(field));
    }

    [Theory]
    [InlineData("/api/notifications/windows?stauts=read", "stauts", "status")]
    [InlineData("/api/notifications/windows?page=1&serverity=info", "serverity", "severity")]
    [InlineData("/api/notifications/windows/pending?limt=5", "limt", "limit")]
    [InlineData("/api/schedules?serch=x", "serch", "search")]
    [InlineData("/api/schedules/1/runs?pages=2", "pages", "page")]
    [InlineData("/api/websocket/connections?state=error", "state", "status")]
    [InlineData("/api/users?searhc=x", "searhc", "search")]
    [InlineData("/api/usage/requests?form=2026-01-22T00:00:00Z", "form", "from")]
    [InlineData("/api/usage/anonymous?limits=5", "limits", "limit")]
    [InlineData("/api/usage/summary?day=5", "day", "days")]
    [InlineData("/api/audit?outcom=done", "outcom", "outcome")]
    [InlineData("/api/keys?page=2", "page", null)]
    [InlineData("/api/notifications/windows/stats?since=5", "since", null)]
    public async Task Unknown_query_parameter_of_a_list_is_refused(string path, string name, string? meant)
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();

        var answer = await server.SendAsync(HttpMethod.Get, path, null, token, ("Accept-Language", "en"));

        Assert.Equal((HttpStatusCode.BadRequest, "VALIDATION_ERROR"), (answer.Status, answer.Code));
        Assert.Equal(
            meant is null ? "there is no such query parameter" : $"there is no such query parameter; did you mean {meant}?",
            answer.Detail(name));
        Assert.StartsWith("沒有此查詢參數", (await server.GetAsync(path, token)).Detail(name), StringComparison.Ordinal);
        // Without a login nothing is said about parameters.
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync(path)).Status);
    }

    [Fact]
    public async Task Names_of_query_parameters_may_be_in_any_case()
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.GetAsync("/api/notifications/windows?Status=read&LIMIT=7", await server.LogInAsync());

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(("read", 7), (server.Grid.LastNotificationQuery!.Status, server.Grid.LastNotificationQuery.Limit));
    }
}
