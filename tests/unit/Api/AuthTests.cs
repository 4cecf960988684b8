using System.Net;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using NotifyHub.Gateway.Api;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class AuthTests
{
    private const string WrongUser = """{"email":"nobody@example.com","password":"guess"}""";
    private const string Wrong = """{"email":"admin@notifyhub.com","password":"guess"}""";

    [Fact]
    public async Task A_login_is_answered_with_a_token_for_24_hours_and_the_user()
    {
        await using var server = await ApiServer.StartAsync();
        var data = (await server.PostAsync("/api/auth/login", """{"email":"admin@notifyhub.com","password":"admin123"}""")).Data;

        Assert.StartsWith(
            """{"id":7,"email":"admin@notifyhub.com","name":"管理員","role":"administrator","default_password":true"""
            + ""","permissions":["account.own",""",
            data.GetProperty("user").GetRawText(), StringComparison.Ordinal);
        var token = new JsonWebToken(data.GetProperty("token").GetString());
        Assert.Equal(
            ("HS256", "notifyhub", "7", "admin@notifyhub.com", "administrator", TimeSpan.FromHours(24)),
            (token.Alg, token.Issuer, token.Subject,
                token.GetClaim("email").Value, token.GetClaim("role").Value, token.ValidTo - token.IssuedAt));

        var me = await server.GetAsync("/api/auth/me", token.EncodedToken);
        Assert.Equal(data.GetProperty("user").GetRawText(), me.Data.GetRawText());
    }

    [Fact]
    public async Task A_refused_login_says_nothing_but_that()
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.PostAsync("/api/auth/login", Wrong);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
        Assert.Equal(
            """{"success":false,"error":{"code":"INVALID_CREDENTIALS","message":"電子郵件或密碼錯誤","again":false}}""", answer.Body);
    }

    [Fact]
    public async Task A_login_without_its_fields_names_both()
    {
        await using var server = await ApiServer.StartAsync();
        Assert.Equal(["email", "password"], (await server.PostAsync("/api/auth/login", "{}")).FaultyFields);
    }

    [Fact]
    public async Task A_locked_address_gets_Retry_After()
    {
        await using var server = await ApiServer.StartAsync();
        server.Grid.EmailLock = TimeSpan.FromSeconds(41.2);
        var answer = await server.PostAsync("/api/auth/login", Wrong);

        Assert.Equal(("RATE_LIMITED", HttpStatusCode.TooManyRequests), (answer.Code, answer.Status));
        Assert.Equal(TimeSpan.FromSeconds(42), answer.Headers.RetryAfter!.Delta);
    }

    [Fact]
    public async Task Too_many_login_failures_block_an_address_except_for_recently_logged_in_users()
    {
        await using var server = await ApiServer.StartAsync(("LoginFailuresPerMinute", "3"));
        for (var i = 0; i < 5; i++) await server.LogInAsync();
        for (var i = 0; i < 3; i++)
            Assert.Equal("INVALID_CREDENTIALS", (await server.PostAsync("/api/auth/login", WrongUser)).Code);

        var answer = await server.PostAsync("/api/auth/login", WrongUser);
        Assert.Equal("RATE_LIMITED", answer.Code);
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        await server.LogInAsync();

        server.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("INVALID_CREDENTIALS", (await server.PostAsync("/api/auth/login", WrongUser)).Code);
    }

    [Theory]
    [InlineData("too large", "PAYLOAD_TOO_LARGE")]
    [InlineData("too large in chunks", "PAYLOAD_TOO_LARGE")]
    [InlineData("{", "VALIDATION_ERROR")]
    [InlineData("{}", "VALIDATION_ERROR")]
    public async Task A_login_that_is_none_counts_as_a_failure(string body, string code)
    {
        await using var server = await ApiServer.StartAsync(("LoginFailuresPerMinute", "3"));
        for (var i = 0; i < 3; i++) Assert.Equal(code, (await LogInAsync()).Code);
        Assert.Null(server.Grid.LastSignInFrom);

        Assert.Equal(
            "RATE_LIMITED",
            (await server.PostAsync("/api/auth/login", """{"email":"admin@notifyhub.com","password":"admin123"}""")).Code);

        async Task<Answer> LogInAsync()
        {
            var large = body.StartsWith("too large", StringComparison.Ordinal);
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/auth/login");
            request.Content = new StringContent(
                large ? $$"""{"email":"{{new string('a', 5_000)}}","password":"x"}""" : body, Encoding.UTF8, "application/json");
            request.Headers.TransferEncodingChunked = body == "too large in chunks";
            using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
            return await Answer.OfAsync(response);
        }
    }

    [Fact]
    public async Task The_longest_password_fits_into_a_login_when_escaped()
    {
        await using var server = await ApiServer.StartAsync();
        var escaped = string.Concat(Enumerable.Repeat("\\ud83d\\ude00", UserRules.NewPasswordLength));

        var answer = await server.PostAsync(
            "/api/auth/login", $$"""{"email":"{{new string('a', 254)}}","password":"{{escaped}}"}""");
        Assert.Equal("INVALID_CREDENTIALS", answer.Code);
    }

    [Fact]
    public async Task The_grid_gets_the_address_of_a_login()
    {
        await using var server = await ApiServer.StartAsync();
        await server.LogInAsync();
        Assert.Equal(new ClientAddress("127.0.0.1", "127.0.0.1", IsThisMachine: true), server.Grid.LastSignInFrom);
    }

    public static TheoryData<string> Forgeries =>
    [
        "none", "version", "no signature", "wrong key", "HS384", "expired", "not yet", "no end",
        "issuer", "no issuer", "changed", "rubbish", "",
    ];

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task A_forged_token_is_refused(string forgery)
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.GetAsync("/api/auth/me", Forge(forgery, await server.LogInAsync()));

        Assert.Equal((HttpStatusCode.Unauthorized, "UNAUTHORIZED"), (answer.Status, answer.Code));
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task A_service_authenticates_by_key_without_permissions_of_users()
    {
        await using var server = await ApiServer.StartAsync();
        (string, string) key = ("X-API-Key", FakeGrid.ApiKeySecret);

        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/api/push", "{}", headers: key)).Status);
        Assert.Equal("FORBIDDEN", (await server.PostAsync("/api/system/websocket/stop", null, headers: key)).Code);
        Assert.Equal("FORBIDDEN", (await server.SendAsync(HttpMethod.Delete, "/api/notifications/windows/1", headers: key)).Code);
        Assert.Equal("FORBIDDEN", (await server.SendAsync(HttpMethod.Get, "/api/keys", headers: key)).Code);
        Assert.Equal("FORBIDDEN", (await server.SendAsync(HttpMethod.Get, "/api/auth/me", headers: key)).Code);
        Assert.Equal("UNAUTHORIZED", (await server.PostAsync("/api/push", "{}", headers: ("X-API-Key", "nh_other"))).Code);
    }

    [Fact]
    public async Task Administration_needs_the_role()
    {
        await using var server = await ApiServer.StartAsync();
        server.Grid.UserRole = "reader";
        var token = await server.LogInAsync();

        string[] paths =
        [
            "/api/system/websocket/start", "/api/system/websocket/stop", "/api/system/websocket/restart", "/api/keys",
        ];
        foreach (var path in paths)
        {
            var refused = await server.PostAsync(path, null, token);
            Assert.Equal((HttpStatusCode.Forbidden, "FORBIDDEN"), (refused.Status, refused.Code));
            Assert.Equal("UNAUTHORIZED", (await server.PostAsync(path, null)).Code);
        }
    }

    [Fact]
    public async Task Keys_are_made_shown_once_listed_and_revoked()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();

        var made = await server.PostAsync("/api/keys", """{"name":"帳務"}""", token);
        Assert.Equal(HttpStatusCode.Created, made.Status);
        Assert.Equal(
            """
            {"id":1,"name":"帳務","prefix":"nh_sec","key":"nh_secret","created_by":"admin@notifyhub.com",
            "created_at":"1970-01-01 08:00:00","scopes":["publish","read"]}
            """.ReplaceLineEndings(""),
            made.Data.GetRawText());
        Assert.Equal(
            """
            {"keys":[{"id":1,"name":"帳務","prefix":"nh_sec","created_by":"admin@notifyhub.com",
            "created_at":"1970-01-01 08:00:00","last_used_at":null,"revoked_at":null,"scopes":["publish","read"]}]}
            """.ReplaceLineEndings(""),
            (await server.GetAsync("/api/keys", token)).Data.GetRawText());
        Assert.Equal(["name"], (await server.PostAsync("/api/keys", "{}", token)).FaultyFields);
        foreach (var wrong in (string[])["[]", "\"read\"", "[1]", "[\"write\"]", "{}"])
            Assert.Equal(
                ["scopes"], (await server.PostAsync("/api/keys", $$"""{"name":"x","scopes":{{wrong}}}""", token)).FaultyFields);
        var scoped = await server.PostAsync("/api/keys", """{"name":"x","scopes":["read","publish","read"]}""", token);
        Assert.Equal("""["publish","read"]""", scoped.Data.GetProperty("scopes").GetRawText());
        var limited = await server.PostAsync("/api/keys", """{"name":"x","channels":["orders:*","*","news"]}""", token);
        Assert.Equal("""["orders:*","*","news"]""", limited.Data.GetProperty("channels").GetRawText());
        foreach (var (channels, fault) in new[]
        {
            ("[]", "channels"), ("\"a\"", "channels"), ("""["a","b c"]""", "channels[1]"), ("""["$x"]""", "channels[0]"),
            ($"[{string.Join(',', Enumerable.Repeat("\"a\"", 101))}]", "channels"),
        })
            Assert.Equal(
                [fault], (await server.PostAsync("/api/keys", $$"""{"name":"x","channels":{{channels}}}""", token)).FaultyFields);
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync(HttpMethod.Delete, "/api/keys/2", token: token)).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync(HttpMethod.Delete, "/api/keys/1", token: token)).Status);
        Assert.Equal("NOT_FOUND", (await server.SendAsync(HttpMethod.Delete, "/api/keys/1", token: token)).Code);
    }

    private static string Forge(string forgery, string good)
    {
        var parts = good.Split('.');
        return forgery switch
        {
            "none" => $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{parts[1]}.",
            "no signature" => $"{parts[0]}.{parts[1]}.",
            "wrong key" => Sign(key: "another key of at least 32 bytes!!"),
            "HS384" => Sign(key: ApiServer.JwtKey + ApiServer.JwtKey, algorithm: SecurityAlgorithms.HmacSha384),
            "expired" => Sign(from: DateTime.UtcNow.AddHours(-25), until: DateTime.UtcNow.AddMinutes(-1)),
            "not yet" => Sign(from: DateTime.UtcNow.AddMinutes(5)),
            "no end" => Sign(until: DateTime.MaxValue),
            "version" => Sign(version: 1),
            "issuer" => Sign(issuer: "another"),
            "no issuer" => Sign(issuer: null),
            "changed" => string.Join(
                '.', parts[0],
                Encode(Base64UrlEncoder.Decode(parts[1]).Replace("\"7\"", "\"8\"", StringComparison.Ordinal)), parts[2]),
            _ => forgery,
        };
    }

    private static string Encode(string json) => Base64UrlEncoder.Encode(json);

    // Valid, except for the arguments given.
    private static string Sign(
        string key = ApiServer.JwtKey, string algorithm = SecurityAlgorithms.HmacSha256, string? issuer = "notifyhub",
        DateTime? from = null, DateTime? until = null, long version = 0) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            NotBefore = from ?? DateTime.UtcNow.AddMinutes(-1),
            Expires = until == DateTime.MaxValue ? null : until ?? DateTime.UtcNow.AddHours(1),
            SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(key)), algorithm),
            Claims = new Dictionary<string, object>
            {
                ["sub"] = "7", ["email"] = FakeGrid.Email, ["role"] = Roles.Administrator, ["ver"] = version,
            },
        });

    [Fact]
    public async Task What_the_forgeries_are_made_from_would_be_good()
    {
        await using var server = await ApiServer.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/api/auth/me", Sign())).Status);
    }
}
