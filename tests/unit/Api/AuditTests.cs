using System.Net;
using Microsoft.AspNetCore.Routing;
using NotifyHub.GrainInterfaces;
using NotifyHub.Gateway.Api;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class AuditTests
{
    private const string New = """{"email":"ann@example.com","name":"Ann","role":"operator","password":"correct horse"}""";

    [Fact]
    public async Task What_is_tried_is_written_down_with_how_it_ended()
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
                ("user.create", "/api/users/8", "done"), ("user.create", "/api/users", "refused"),
                ("user.change", "/api/users/8", "done"), ("user.change", "/api/users/7", "refused"),
                ("user.create", "/api/users", "refused"), ("service.stop", "/api/system/websocket/stop", "done"),
                ("key.create", "/api/keys/1", "done"), ("key.revoke", "/api/keys/1", "done"),
                ("key.revoke", "/api/keys/1", "refused"),
            ],
            server.Grid.Audited.Select(entry => (entry.Act, entry.Target, entry.Outcome)));
        Assert.All(server.Grid.Audited, entry => Assert.Equal((FakeGrid.Email, "127.0.0.1"), (entry.Who, entry.Address)));
    }

    [Fact]
    public async Task Entries_are_listed_by_what_they_are_asked_for()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await server.PostAsync("/api/system/websocket/restart", null, token);

        var answer = await server.GetAsync(
            "/api/audit?from=2026-01-22T00:00:00Z&who=ann&act=user.&search=x&outcome=done&page=2&limit=9", token);
        Assert.Equal(
            new AuditQuery(new DateTimeOffset(2026, 1, 22, 0, 0, 0, TimeSpan.Zero), null, "ann", "user.", "x", 2, 9, "done"),
            server.Grid.LastAuditQuery);
        Assert.Equal(
            """
            {"entries":[{"id":1,"at":"1970-01-01T00:00:00Z","who":"admin@notifyhub.com","act":"service.restart",
            "target":"/api/system/websocket/restart","address":"127.0.0.1","outcome":"done","times":1}],"total":1,"page":2,
            "limit":9}
            """.ReplaceLineEndings(""),
            answer.Data.GetRawText());
        Assert.Equal(
            ["limit", "outcome", "to"], (await server.GetAsync("/api/audit?to=now&limit=0&outcome=odd", token)).FaultyFields);
    }

    [Fact]
    public async Task An_act_whose_entry_is_not_durable_is_not_done()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        server.Grid.AuditFault = new StorageUnavailableException();
        var answer = await server.PostAsync("/api/users", New, token);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "UNAVAILABLE"), (answer.Status, answer.Code));
        Assert.Equal([7], server.Grid.Users.Keys);
    }

    [Fact]
    public async Task The_entry_precedes_the_act_and_stays_if_it_fails()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        (string, string)[] seen = [];
        server.Grid.OnCreateUser = () =>
        {
            seen = [.. server.Grid.Audited.Select(entry => (entry.Act, entry.Outcome))];
            throw new TimeoutException();
        };

        Assert.Equal("UNAVAILABLE", (await server.PostAsync("/api/users", New, token)).Code);

        Assert.Equal([("user.create", "attempted")], seen);
        Assert.Equal("attempted", Assert.Single(server.Grid.Audited).Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_done_is_answered_as_done_even_if_that_could_not_be_written(bool isBroken)
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        server.Grid.AuditEndFault = isBroken ? new StorageBrokenException() : new StorageUnavailableException();

        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync("/api/users", New, token)).Status);

        Assert.Equal(("user.create", "attempted"), (server.Grid.Audited[0].Act, server.Grid.Audited[0].Outcome));
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_an_act_refused()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();

        var answer = await server.PostAsync("/api/users", $$"""{"name":"{{new string('x', 20_000)}}"}""", token);

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE"), (answer.Status, answer.Code));
        Assert.Equal("refused", Assert.Single(server.Grid.Audited).Outcome);
    }

    /// <summary>If you add an endpoint that changes something, decide here whether it is audited.</summary>
    [Fact]
    public async Task Every_endpoint_that_changes_something_is_audited_or_known_not_to_be()
    {
        await using var server = await ApiServer.StartAsync();

        var others = server.Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<AuditedAct>() is null)
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
                .Where(method => method is not ("GET" or "HEAD")).Select(method => $"{method} {endpoint.RoutePattern.RawText}"));

        Assert.Equal(
            [
                // The silo writes the entry, for failed logins too.
                "POST /api/auth/login",
                // What is published is its own record, as is what takes it back; marking as read is deliberately not recorded.
                "DELETE /api/channels/{channel}/messages/{offset:long}",
                "PATCH /api/notifications/windows/{id:long}/status",
                "POST /api/notifications/windows", "POST /api/notifications/windows/batch",
                "POST /api/publish", "POST /api/push",
                // Changes nothing.
                "POST /api/schedules/preview",
            ],
            others.OrderBy(name => name is "POST /api/auth/login" ? 0 : name is "POST /api/schedules/preview" ? 2 : 1)
                .ThenBy(name => name.TrimEnd('/'), StringComparer.Ordinal)
                .Select(name => name.TrimEnd('/')));
    }
}
