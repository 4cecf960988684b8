using System.Net;
using System.Text.Json;
using NotifyHub.Gateway.Access;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

/// <summary><c>/api/tokens</c></summary>
public sealed class ClientTokenTests
{
    private static readonly (string, string)[] Key = [("X-API-Key", FakeGrid.TokensKeySecret)];

    [Fact]
    public async Task A_key_of_the_scope_gets_a_token_that_says_what_it_asked_for()
    {
        await using var server = await ApiServer.StartAsync();
        var before = DateTimeOffset.UtcNow;
        var answer = await server.PostAsync(
            "/api/tokens",
            """
            {"user":"42","channels":["orders:1","chat:*"],"caps":[{"match":"*","allow":["publish","history","publish"]}],
            "meta":{"name":"Ann"},"expires_in":60}
            """,
            headers: Key);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(["token", "expires_at", "jti"], answer.Data.EnumerateObject().Select(field => field.Name));
        var claims = Claims(answer.Data.GetProperty("token").GetString()!);
        var id = answer.Data.GetProperty("jti").GetString()!;
        Assert.Equal("notifyhub/client", claims.GetProperty("iss").GetString());
        Assert.Equal("42", claims.GetProperty("sub").GetString());
        Assert.Equal(id, claims.GetProperty("jti").GetString());
        Assert.Equal("""["orders:1","chat:*"]""", claims.GetProperty("channels").GetRawText());
        Assert.Equal("""[{"match":"*","allow":["publish","history"]}]""", claims.GetProperty("caps").GetRawText());
        Assert.Equal("""{"name":"Ann"}""", claims.GetProperty("meta").GetRawText());
        var expires = answer.Data.GetProperty("expires_at").GetDateTimeOffset();
        Assert.Equal(expires.ToUnixTimeSeconds(), claims.GetProperty("exp").GetInt64());
        Assert.InRange(expires, before.AddSeconds(59), DateTimeOffset.UtcNow.AddSeconds(60));
        Assert.InRange(
            claims.GetProperty("iat").GetDouble(), (before.ToUnixTimeMilliseconds() / 1000d) - 0.001,
            DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000d);
        var audited = Assert.Single(server.Grid.Audited);
        Assert.Equal(
            ("token.issue", $"/api/tokens/42/{id}", "app", "done"),
            (audited.Act, audited.Target, audited.Who, audited.Outcome));
    }

    [Fact]
    public async Task A_token_is_good_for_an_hour_unless_it_is_asked_otherwise()
    {
        await using var server = await ApiServer.StartAsync();
        var token = (await server.PostAsync("/api/tokens", """{"user":"a@b.c"}""", await server.LogInAsync())).Data;

        var claims = Claims(token.GetProperty("token").GetString()!);
        Assert.Equal(["iss", "sub", "iat", "exp", "jti"], claims.EnumerateObject().Select(claim => claim.Name));
        Assert.InRange(
            token.GetProperty("expires_at").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(59),
            DateTimeOffset.UtcNow.AddMinutes(60));
    }

    [Theory]
    [InlineData("{}", "user")]
    [InlineData("""{"user":""}""", "user")]
    [InlineData("""{"user":42}""", "user")]
    [InlineData("""{"user":"a b"}""", "user")]
    [InlineData("""{"user":"$a"}""", "user")]
    [InlineData("""{"user":"a","channels":"b"}""", "channels")]
    [InlineData("""{"user":"a","channels":["*"]}""", "channels")]
    [InlineData("""{"user":"a","channels":[1]}""", "channels")]
    [InlineData("""{"user":"a","caps":[{"match":"a"}]}""", "caps")]
    [InlineData("""{"user":"a","caps":[{"match":"a","allow":["all"]}]}""", "caps")]
    [InlineData("""{"user":"a","caps":[{"match":"a","allow":[]}]}""", "caps")]
    [InlineData("""{"user":"a","caps":[{"match":"$a","allow":["publish"]}]}""", "caps")]
    [InlineData("""{"user":"a","caps":[{"match":"a","allow":["publish"],"x":1}]}""", "caps")]
    [InlineData("""{"user":"a","meta":[]}""", "meta")]
    [InlineData("""{"user":"a","expires_in":0}""", "expires_in")]
    [InlineData("""{"user":"a","expires_in":2592001}""", "expires_in")]
    [InlineData("""{"user":"a","expires_in":1.5}""", "expires_in")]
    [InlineData("""{"user":"a","expires_in":"60"}""", "expires_in")]
    [InlineData("""{"user":"a","expires":60}""", "expires")]
    public async Task A_wrong_field_is_named_and_nothing_issued(string body, string field)
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.PostAsync("/api/tokens", body, headers: Key);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal([field], answer.FaultyFields);
    }

    [Fact]
    public async Task A_token_is_no_longer_than_gateways_take()
    {
        await using var server = await ApiServer.StartAsync();
        var channels = string.Join(',', Enumerable.Range(0, 900).Select(n => $"\"orders:{n}\""));

        var answer = await server.PostAsync("/api/tokens", $$"""{"user":"a","channels":[{{channels}}]}""", headers: Key);
        Assert.Equal(["body"], answer.FaultyFields);
        var meta = await server.PostAsync(
            "/api/tokens", $$$"""{"user":"a","meta":{"m":"{{{new string('m', 1024)}}}"}}""", headers: Key);
        Assert.Equal(["meta"], meta.FaultyFields);
    }

    [Fact]
    public async Task A_token_or_a_user_is_revoked_and_that_is_audited()
    {
        await using var server = await ApiServer.StartAsync();

        Assert.Equal("""{"jti":"t1"}""", (await RevokeAsync("""{"jti":"t1"}""")).Data.GetRawText());
        Assert.Equal("""{"user":"42"}""", (await RevokeAsync("""{"user":"42"}""")).Data.GetRawText());

        Assert.Equal(
            [TokenSubject.OfToken("t1"), TokenSubject.OfUser("42")],
            server.Grid.TokenRevocations.Select(revocation => revocation.Subject));
        Assert.Equal(
            [("token.revoke", "/api/tokens/revoke/jti/t1"), ("token.revoke", "/api/tokens/revoke/user/42")],
            server.Grid.Audited.Select(entry => (entry.Act, entry.Target)));

        Task<Answer> RevokeAsync(string body) => server.PostAsync("/api/tokens/revoke", body, headers: Key);
    }

    [Theory]
    [InlineData("{}", "body")]
    [InlineData("""{"jti":"a","user":"b"}""", "body")]
    [InlineData("""{"jti":""}""", "jti")]
    [InlineData("""{"user":"a b"}""", "user")]
    [InlineData("""{"user":7}""", "user")]
    public async Task A_revocation_is_of_exactly_one(string body, string field)
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.PostAsync("/api/tokens/revoke", body, headers: Key);

        Assert.Equal([field], answer.FaultyFields);
        Assert.Empty(server.Grid.TokenRevocations);
    }

    [Fact]
    public async Task Without_the_scope_there_are_no_tokens()
    {
        await using var server = await ApiServer.StartAsync();
        // A key from before the scope existed, and one that was made without naming any.
        foreach (var key in (string[])[FakeGrid.ApiKeySecret, FakeGrid.PublishKeySecret, FakeGrid.ReadKeySecret])
        {
            var answer = await server.PostAsync("/api/tokens", """{"user":"42"}""", headers: ("X-API-Key", key));
            Assert.Equal("FORBIDDEN", answer.Code);
        }

        var made = await server.PostAsync("/api/keys", """{"name":"shop"}""", await server.LogInAsync());
        Assert.Equal("""["publish","read"]""", made.Data.GetProperty("scopes").GetRawText());
    }

    private static JsonElement Claims(string token) => SignedToken.Parse(token)!.Claims;
}
