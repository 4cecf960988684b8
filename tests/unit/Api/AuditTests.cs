using System.Net;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class AuditTests
{
    private const string New = """{"email":"ann@example.com","name":"Ann","role":"operator","password":"correct horse"}""";

    [Fact]
    public async Task What_is_done_is_written_down_and_what_is_refused_is_not()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();

        await server.PostAsync("/api/users", New, token);
        await server.PostAsync("/api/users", New, token);
        await server.SendAsync(HttpMethod.Patch, "/api/users/8", """{"role":"viewer"}""", token);
        await server.SendAsync(HttpMethod.Patch, "/api/users/7", """{"role":"viewer"}""", token);
        await server.PostAsync("/api/users", "{}", token);
        await server.PostAsync("/api/system/websocket/stop", null, token);
        await server.PostAsync("/api/system/websocket/stop", null);
        await server.PostAsync("/api/keys", """{"name":"billing"}""", token);
        await server.SendAsync(HttpMethod.Delete, "/api/keys/1", token: token);
        await server.SendAsync(HttpMethod.Delete, "/api/keys/1", token: token);
        await server.GetAsync("/api/users", token);

        Assert.Equal(
            [
                ("user.create", "/api/users/8"), ("user.change", "/api/users/8"), ("service.stop", "/api/system/websocket/stop"),
                ("key.create", "/api/keys/1"), ("key.revoke", "/api/keys/1"),
            ],
            server.Grid.Audited.Select(entry => (entry.Act, entry.Target)));
        Assert.All(server.Grid.Audited, entry => Assert.Equal((FakeGrid.Email, "127.0.0.1"), (entry.Who, entry.Address)));
    }

    [Fact]
    public async Task Entries_are_listed_by_what_they_are_asked_for()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await server.PostAsync("/api/system/websocket/restart", null, token);

        var answer = await server.GetAsync("/api/audit?from=2026-01-22T00:00:00Z&who=ann&act=user.&search=x&page=2&limit=9", token);
        Assert.Equal(
            new AuditQuery(new DateTimeOffset(2026, 1, 22, 0, 0, 0, TimeSpan.Zero), null, "ann", "user.", "x", 2, 9), server.Grid.LastAuditQuery);
        Assert.Equal(
            """{"entries":[{"id":1,"at":"1970-01-01T00:00:00Z","who":"admin@notifyhub.com","act":"service.restart","target":"/api/system/websocket/restart","address":"127.0.0.1"}],"total":1,"page":2,"limit":9}""",
            answer.Data.GetRawText());
        Assert.Equal(["limit", "to"], (await server.GetAsync("/api/audit?to=now&limit=0", token)).FaultyFields);
    }

    [Fact]
    public async Task An_act_whose_entry_is_not_durable_is_not_acknowledged()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        server.Grid.AuditFault = new StorageUnavailableException();
        var answer = await server.PostAsync("/api/users", New, token);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "UNAVAILABLE"), (answer.Status, answer.Code));
    }
}
