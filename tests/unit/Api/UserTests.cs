using System.Net;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class UserTests
{
    private const string New = """{"email":"Ann@Example.com","name":"安","role":"operator","password":"correct horse"}""";

    [Fact]
    public async Task A_user_is_added_listed_read_and_changed()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();

        var made = await server.PostAsync("/api/users", New, token);
        Assert.Equal(HttpStatusCode.Created, made.Status);
        const string View =
            """{"id":8,"email":"ann@example.com","name":"安","role":"operator","disabled":false"""
            + ""","created_at":"2026-11-23T09:41:00Z","last_login_at":null}""";
        Assert.Equal(View, made.Data.GetRawText());
        Assert.Equal(View, (await server.GetAsync("/api/users/8", token)).Data.GetRawText());

        var page = (await server.GetAsync("/api/users?search=ann&page=2&limit=7", token)).Data;
        Assert.Equal(new UserQuery("ann", 2, 7), server.Grid.LastUserQuery);
        Assert.Equal(
            (2, 2, 7),
            (page.GetProperty("total").GetInt32(), page.GetProperty("page").GetInt32(), page.GetProperty("limit").GetInt32()));

        var changed = await server.SendAsync(
            HttpMethod.Patch, "/api/users/8", """{"name":"Ann","role":"viewer","disabled":true}""", token);
        Assert.Equal(
            View.Replace("安", "Ann", StringComparison.Ordinal).Replace("operator", "viewer", StringComparison.Ordinal)
                .Replace("false", "true", StringComparison.Ordinal),
            changed.Data.GetRawText());
        Assert.Equal(
            HttpStatusCode.OK, (await server.PostAsync("/api/users/8/password", """{"password":"another one"}""", token)).Status);
    }

    [Fact]
    public async Task A_conflict_names_its_field()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await server.PostAsync("/api/users", New, token);

        var taken = await server.PostAsync("/api/users", New, token);
        Assert.Equal((HttpStatusCode.Conflict, "CONFLICT", "此電子郵件已被使用"), (taken.Status, taken.Code, taken.Detail("email")));
        var last = await server.SendAsync(HttpMethod.Patch, "/api/users/7", """{"disabled":true}""", token);
        Assert.Equal((HttpStatusCode.Conflict, "CONFLICT"), (last.Status, last.Code));
        Assert.Equal(["disabled"], last.FaultyFields);
        Assert.Equal(
            ["role"], (await server.SendAsync(HttpMethod.Patch, "/api/users/7", """{"role":"viewer"}""", token)).FaultyFields);
    }

    [Theory]
    [InlineData("""{}""", "email name password role")]
    [InlineData(
        """{"email":"a b@c.de","name":"","role":"god","password":"seven77","extra":1}""", "email extra name password role")]
    [InlineData("""{"email":"a@b@c.de","name":"n","role":"viewer","password":"admin123"}""", "email password")]
    [InlineData("""{"email":"a@b.cd","name":"n","role":"service","password":"correct horse"}""", "role")]
    public async Task An_invalid_user_gets_every_faulty_field(string json, string fields)
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.PostAsync("/api/users", json, await server.LogInAsync());
        Assert.Equal(fields.Split(' '), answer.FaultyFields);
    }

    [Theory]
    [InlineData("""{"disabled":"yes"}""", "disabled")]
    [InlineData("""{"email":"other@example.com"}""", "email")]
    [InlineData("""{"name":"","role":"root"}""", "name role")]
    public async Task A_faulty_change_changes_nothing(string json, string fields)
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.SendAsync(HttpMethod.Patch, "/api/users/7", json, await server.LogInAsync());
        Assert.Equal(fields.Split(' '), answer.FaultyFields);
        Assert.Equal("管理員", server.Grid.Users[7].Name);
    }

    [Fact]
    public async Task An_unknown_user_is_not_found()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        Assert.Equal("NOT_FOUND", (await server.GetAsync("/api/users/99", token)).Code);
        Assert.Equal("NOT_FOUND", (await server.SendAsync(HttpMethod.Patch, "/api/users/99", "{}", token)).Code);
        Assert.Equal(
            "NOT_FOUND", (await server.PostAsync("/api/users/99/password", """{"password":"correct horse"}""", token)).Code);
    }

    [Fact]
    public async Task Changing_the_password_ends_old_tokens_and_returns_a_valid_one()
    {
        await using var server = await ApiServer.StartAsync();
        var old = await server.LogInAsync();
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/api/auth/me", old)).Status);

        var answer = await server.PostAsync(
            "/api/auth/password", """{"current_password":"admin123","new_password":"correct horse"}""", old);
        var token = answer.Data.GetProperty("token").GetString();
        Assert.False(answer.Data.GetProperty("user").GetProperty("default_password").GetBoolean());

        Assert.Equal("UNAUTHORIZED", (await server.GetAsync("/api/auth/me", old)).Code);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/api/auth/me", token)).Status);
    }

    [Fact]
    public async Task After_a_change_by_another_gateway_a_newer_token_works_and_older_ones_end()
    {
        await using var server = await ApiServer.StartAsync();
        var old = await server.LogInAsync();
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/api/auth/me", old)).Status);

        server.Grid.Users[7] = server.Grid.Users[7] with { TokenVersion = 1 };
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/api/auth/me", await server.LogInAsync())).Status);
        Assert.Equal("UNAUTHORIZED", (await server.GetAsync("/api/auth/me", old)).Code);
    }

    [Fact]
    public async Task The_grid_is_not_asked_about_a_token_with_every_request()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        var before = server.Grid.VersionsAsked;

        for (var i = 0; i < 20; i++) Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/api/auth/me", token)).Status);
        Assert.Equal(before + 1, server.Grid.VersionsAsked);

        server.Clock.Advance(TimeSpan.FromSeconds(1));
        server.Grid.Users[7] = server.Grid.Users[7] with { DisabledAt = DateTimeOffset.UnixEpoch };
        Assert.Equal("UNAUTHORIZED", (await server.GetAsync("/api/auth/me", token)).Code);
    }

    [Theory]
    [InlineData("""{"current_password":"guess","new_password":"correct horse"}""", "current_password")]
    [InlineData("""{"current_password":"admin123","new_password":"short"}""", "new_password")]
    [InlineData("""{"current_password":"admin123","new_password":"admin123"}""", "new_password")]
    [InlineData("""{"password":"correct horse"}""", "current_password new_password password")]
    public async Task A_refused_password_change_says_why(string json, string fields)
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.PostAsync("/api/auth/password", json, await server.LogInAsync());
        Assert.Equal((HttpStatusCode.BadRequest, "VALIDATION_ERROR"), (answer.Status, answer.Code));
        Assert.Equal(fields.Split(' '), answer.FaultyFields);
    }

    [Fact]
    public async Task While_a_token_cannot_be_checked_requests_are_refused()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        server.Grid.Fault = new StorageUnavailableException();
        Assert.Equal("UNAVAILABLE", (await server.GetAsync("/api/auth/me", token)).Code);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/api/system/websocket/status", token)).Status);
    }
}
