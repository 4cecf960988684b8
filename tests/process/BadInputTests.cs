using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>Invalid input of all kinds is refused with a clear error and changes nothing.</summary>
public sealed class BadInputTests(BadInputTests.Shared shared) : IClassFixture<BadInputTests.Shared>
{
    private const string Key = "a key that only this test and its process know";
    private const string Windows = "/api/notifications/windows";

    public sealed class Shared() : SharedProcess(("JwtKey", Key), ("CloseGrace", "00:00:02"));

    private NotifyHubProcess Hub => shared.Hub;

    public static TheoryData<string, string> BadTokens => new()
    {
        { "nonsense", "nonsense" },
        { "three parts of nonsense", "a.b.c" },
        { "no algorithm", Token("""{"alg":"none","typ":"JWT"}""", Claims(inHours: 1), key: null) },
        { "no algorithm, yet signed", Token("""{"alg":"none","typ":"JWT"}""", Claims(inHours: 1), Key) },
        { "a forged signature",
            Token("""{"alg":"HS256","typ":"JWT"}""", Claims(inHours: 1), "another key of at least 32 bytes in all") },
        { "expired", Token("""{"alg":"HS256","typ":"JWT"}""", Claims(inHours: -1), Key) },
        { "another issuer", Token("""{"alg":"HS256","typ":"JWT"}""", Claims(inHours: 1, issuer: "elsewhere"), Key) },
    };

    [Theory]
    [MemberData(nameof(BadTokens))]
    public async Task A_token_that_is_not_ours_is_refused(string kind, string token)
    {
        using var rest = Hub.Rest();
        rest.Token = token;

        var answer = await rest.PostAsync("/api/system/websocket/stop");

        Assert.True(answer.Status == HttpStatusCode.Unauthorized, $"{kind}: {answer.Body}");
        Assert.Equal("UNAUTHORIZED", answer.ErrorCode);
        Assert.True((await rest.StatusAsync()).GetProperty("service_running").GetBoolean());
    }

    [Theory]
    [InlineData("FFFFFFFFFFFFFFFF")]
    [InlineData("7FFFFFFFFFFFFFFFF")]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF")]
    [InlineData("-1")]
    [InlineData("nothing")]
    public async Task A_chunk_whose_size_is_no_size_is_refused_with_400(string size)
    {
        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);

        await raw.SendAsync(
            "POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            + $"{size}\r\n{{}}\r\n0\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_made_as_ours_are_made_is_taken()
    {
        // Otherwise the refusals above would prove nothing.
        using var rest = await Hub.LogInAsync();
        var own = rest.Token!.Split('.');
        var claims = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(own[1]));

        rest.Token = Token(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(own[0])), claims, Key);

        (await rest.GetAsync("/api/auth/me")).Expect(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("GET", "/api/nothing", 404, "NOT_FOUND")]
    [InlineData("GET", "/nothing", 404, "NOT_FOUND")]
    [InlineData("GET", "/api/notifications/windows/999999999", 404, "NOT_FOUND")]
    [InlineData("GET", "/api/notifications/windows/abc", 404, "NOT_FOUND")]
    [InlineData("DELETE", "/api/system/websocket/status", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("GET", "/api/system/websocket/stop", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("GET", "/api/websocket/connections?page=0", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/api/websocket/connections?limit=501", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/api/websocket/connections?limit=-1", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/api/websocket/connections?page=99999999999999", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/api/websocket/connections?status=odd", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/api/notifications/windows?limit=0", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/api/notifications/windows?severity=odd", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/api/notifications/windows?search=%00", 400, "VALIDATION_ERROR")]
    public async Task A_request_for_what_there_is_not_is_refused(string method, string path, int status, string code)
    {
        using var rest = await Hub.LogInAsync();

        var answer = await rest.SendAsync(new HttpMethod(method), path);

        answer.ExpectError((HttpStatusCode)status, code);
    }

    public static TheoryData<string, int> NoRequests => new()
    {
        { "nonsense\r\n\r\n", 400 },
        { "GET /api/auth/me HTTP/1.1\r\nHost: a\r\nno field\r\n\r\n", 400 },
        { "GET /api/auth/me HTTP/1.1\r\n\r\n", 400 },
        { "GET /api/auth/me HTTP/1.1\r\nHost: a\r\nContent-Length: one\r\n\r\n", 400 },
        { "GET /api/auth/me%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { $"GET /api/{new string('a', 8 << 10)} HTTP/1.1\r\nHost: a\r\n\r\n", 414 },
        { $"GET /api/auth/me HTTP/1.1\r\nHost: a\r\n{string.Concat(Enumerable.Repeat("X: x\r\n", 100))}\r\n", 431 },
        { $"GET /api/auth/me HTTP/1.1\r\nHost: a\r\nX: {new string('x', 32 << 10)}\r\n\r\n", 431 },
        { "GET /api/auth/me HTTP/4.0\r\nHost: a\r\n\r\n", 505 },
    };

    /// <summary>The HTTP server's parser answers these and can't be extended: docs/protocol.md says so.</summary>
    [Theory]
    [MemberData(nameof(NoRequests))]
    public async Task What_is_no_HTTP_request_is_answered_with_a_status_alone_and_closed(string text, int status)
    {
        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);

        await raw.SendAsync(text);

        var head = await raw.ReadHeadAsync();
        Assert.StartsWith($"HTTP/1.1 {status} ", head, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Length: 0\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", head, StringComparison.Ordinal);
        Assert.Empty(await raw.ReadToEndAsync(orReset: true));
        using var rest = Hub.Rest();
        Assert.True((await rest.StatusAsync()).GetProperty("service_running").GetBoolean());
    }

    public static TheoryData<string, string> BadNotifications => new()
    {
        { "", "body" },
        { "{", "body" },
        { "[]", "body" },
        { "null", "body" },
        { """{"title":"t","message":"m"} x""", "body" },
        { """{"message":"m"}""", "title" },
        { """{"title":"t"}""", "message" },
        { """{"title":"","message":"m"}""", "title" },
        { """{"title":7,"message":"m"}""", "title" },
        { """{"title":null,"message":"m"}""", "title" },
        { """{"title":"t","message":["m"]}""", "message" },
        { """{"title":"a\u0000b","message":"m"}""", "title" },
        { """{"title":"t","message":"\ud800"}""", "message" },
        { """{"title":"t","message":"m","icon":"\udc00x"}""", "icon" },
        { $$"""{"title":"{{new string('t', 256)}}","message":"m"}""", "title" },
        { $$"""{"title":"t","message":"{{new string('m', 10_001)}}"}""", "message" },
        { """{"title":"t","message":"m","severity":"fatal"}""", "severity" },
        { """{"title":"t","message":"m","severity":1}""", "severity" },
        { """{"title":"t","message":"m","priority":"urgent"}""", "priority" },
    };

    [Theory]
    [MemberData(nameof(BadNotifications))]
    public async Task A_bad_notification_is_refused_by_field_and_publishes_nothing(string json, string field)
    {
        using var rest = await Hub.LogInAsync();
        await using var client = await Hub.ConnectAsync(v1: true);
        var head = (await client.NextJsonAsync()).GetProperty("offset").GetInt64();
        var total = await TotalAsync(rest);

        var answer = await rest.PostAsync(Windows, json);

        answer.ExpectError(HttpStatusCode.BadRequest, "VALIDATION_ERROR");
        Assert.Equal(field, Assert.Single(answer.Json.GetProperty("error").GetProperty("details").EnumerateObject()).Name);
        Assert.Equal(total, await TotalAsync(rest));
        await client.SendAsync("""{"type":"subscribe","channel":"all"}""");
        Assert.Equal(head, (await client.NextJsonAsync()).GetProperty("offset").GetInt64());
    }

    [Theory]
    [InlineData("{")]
    [InlineData("7")]
    [InlineData("[]")]
    [InlineData("""[{"n":1},7]""")]
    [InlineData("""[{"n":1},{"n":]""")]
    public async Task A_bad_push_by_rest_publishes_nothing_of_it(string json)
    {
        using var rest = await Hub.LogInAsync();
        await using var client = await Hub.ConnectAsync();

        (await rest.PostAsync("/api/push", json)).ExpectError(HttpStatusCode.BadRequest, "VALIDATION_ERROR");

        (await rest.PostAsync("/api/push", """{"next":1}""")).Expect(HttpStatusCode.OK);
        Assert.Equal("""{"next":1}""", await client.NextAsync());
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("7")]
    [InlineData("[]")]
    [InlineData("""{"a":1}{"b":2}""")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{'a':1}""")]
    public async Task A_bad_line_is_answered_with_why_and_broadcasts_nothing_and_the_next_is_taken(string line)
    {
        await using var client = await Hub.ConnectAsync();
        using var push = await Hub.ConnectPushAsync();
        Assert.Equal("ok", await push.PushAsync("""{"first":1}"""));

        Assert.StartsWith("error: not ", await push.PushAsync(line), StringComparison.Ordinal);

        Assert.Equal("ok", await push.PushAsync("""{"next":1}"""));
        Assert.Equal("""{"first":1}""", await client.NextAsync());
        Assert.Equal("""{"next":1}""", await client.NextAsync());
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("[]")]
    [InlineData("GET / HTTP/1.1")]
    public async Task Another_protocol_gets_an_error_and_is_closed(string line)
    {
        await using var client = await Hub.ConnectAsync();
        using (var push = await Hub.ConnectPushAsync())
        {
            await push.SendAsync(line + "\n{\"forged\":1}\n");
            Assert.StartsWith("error: ", await push.ReadLineAsync(), StringComparison.Ordinal);
            Assert.Null(await push.ReadLineAsync());
        }

        using var next = await Hub.ConnectPushAsync();
        Assert.Equal("ok", await next.PushAsync("""{"next":1}"""));
        Assert.Equal("""{"next":1}""", await client.NextAsync());
    }

    [Fact]
    public async Task A_line_that_is_no_utf8_or_nested_too_deep_is_answered_with_why()
    {
        await using var client = await Hub.ConnectAsync();
        using var push = await Hub.ConnectPushAsync();

        await push.SendAsync((byte[])[.. """{"a":" """u8, 0xC3, 0x28, .. "\"}\n"u8]);
        Assert.Equal("error: not valid UTF-8", await push.ReadLineAsync());
        var deep = string.Concat(Enumerable.Repeat("""{"a":""", 64)) + "{}" + new string('}', 64);
        Assert.Equal("error: nested deeper than 64", await push.PushAsync(deep));
        Assert.Equal("ok", await push.PushAsync(deep[5..^1]));
        Assert.Equal(deep[5..^1], await client.NextAsync());
    }

    [Fact]
    public async Task A_line_without_end_is_refused_and_its_sender_cut_off_without_filling_the_memory()
    {
        await using var client = await Hub.ConnectAsync();
        using (var small = await Hub.ConnectPushAsync())
            Assert.Equal("ok", await small.PushAsync($$"""{"a":"{{new string('x', 1 << 19)}}"}"""));
        await client.NextAsync();
        using var push = await Hub.ConnectPushAsync();
        var before = Hub.ResidentBytes;

        var megabyte = new byte[1 << 20];
        Array.Fill(megabyte, (byte)'{');
        var sending = Record.ExceptionAsync(async () =>
        {
            for (var sent = 0; sent < 100; sent++) await push.SendAsync(megabyte);
        });

        Assert.Equal("error: line longer than 1048576 bytes", await push.ReadLineAsync());
        // Either everything was accepted and discarded, or the connection was reset.
        Assert.True(await sending is null or IOException);
        var end = await Record.ExceptionAsync(async () => Assert.Null(await push.ReadLineAsync()));
        Assert.True(end is null or IOException, $"{end}");
        Assert.InRange(Hub.ResidentBytes - before, long.MinValue, 50 << 20);
    }

    [Fact]
    public async Task No_answer_shows_how_the_server_is_made()
    {
        using var rest = await Hub.LogInAsync();
        (string Method, string Path, string? Body)[] requests =
        [
            ("POST", Windows, "{"), ("POST", "/api/auth/login", "\"x\""), ("GET", Windows + "/99999999999999999999999", null),
            ("GET", "/api/notifications/windows?search='%20OR%201=1--%25_", null), ("PATCH", Windows + "/1/status", "{}"),
            ("DELETE", "/api/websocket/connections/%27%3B--", null), ("GET", "/../../etc/passwd", null),
            ("GET", "/api/%2e%2e/%00", null),
        ];
        foreach (var (method, path, body) in requests)
        {
            var answer = await rest.SendAsync(new HttpMethod(method), path, body);
            Assert.True((int)answer.Status is >= 200 and < 500, $"{method} {path}: {answer.Status} {answer.Body}");
            Assert.DoesNotContain("   at ", answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("Exception", answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("SQL", answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain(Hub.Folder, answer.Body, StringComparison.Ordinal);
        }
    }

    private static async Task<long> TotalAsync(RestClient rest) =>
        (await rest.GetAsync(Windows)).Expect(HttpStatusCode.OK).Data.GetProperty("total").GetInt64();

    private static string Claims(int inHours, string issuer = "notifyhub")
    {
        var ends = DateTimeOffset.UtcNow.AddHours(inHours).ToUnixTimeSeconds();
        return JsonSerializer.Serialize(new
        {
            iss = issuer, aud = "notifyhub", sub = "1", email = "admin@notifyhub.com", name = "Administrator", role = "admin",
            nbf = ends - 86400,
            iat = ends - 86400, exp = ends,
        });
    }

    private static string Token(string header, string claims, string? key)
    {
        var signed = $"{Encoded(header)}.{Encoded(claims)}";
        var signature = key is null ? [] : HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(signed));
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encoded(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
