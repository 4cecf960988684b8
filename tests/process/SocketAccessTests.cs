using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>
/// WebSockets that require a token, behind a trusted proxy (this machine). Each handshake is sent on both paths: a short head
/// is handled before the HTTP server, a long one by it.
/// </summary>
public sealed class SocketAccessTests(SocketAccessTests.Shared shared) : IClassFixture<SocketAccessTests.Shared>
{
    private const string JwtKey = "a key of the tests, at least 32 bytes long";
    public sealed class Shared() : SharedProcess(
        ("RequireToken", "true"), ("JwtKey", JwtKey), ("TrustedProxies__0", "127.0.0.0/8"), ("TrustedProxies__1", "::1"));

    private NotifyHubProcess Hub => shared.Hub;

    public static TheoryData<string, bool> Ways => new(
        from way in (string[])["header", "header of services", "subprotocol", "query"]
        from isLong in (bool[])[false, true]
        select (way, isLong));

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_token_lets_in_whichever_way_it_comes_and_is_kept_nowhere(string way, bool isLong)
    {
        using var rest = await Hub.LogInAsync();
        var (_, secret) = await MakeKeyAsync(rest, "read");
        foreach (var token in (string[])[rest.Token!, secret])
        {
            using var raw = await ConnectAsync(way, token, isLong);
            var head = await raw.ReadHeadAsync();

            Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
            Assert.Equal(
                way == "subprotocol", head.Contains("Sec-WebSocket-Protocol: notifyhub.v1\r\n", StringComparison.Ordinal));
            Assert.Equal(isLong, head.Contains("\r\nDate: ", StringComparison.Ordinal));
            await raw.SendAsync(RawSocket.Text("""{"type":"ping"}"""));
            if (way == "subprotocol") Assert.Contains("subscribed", await raw.ReadTextAsync(), StringComparison.Ordinal);
            Assert.Equal("""{"type":"pong"}""", await raw.ReadTextAsync());

            await rest.ConnectionAsync(raw.UserAgent, connection => connection.GetProperty("status").GetString() == "connected");
            Assert.DoesNotContain(token, head, StringComparison.Ordinal);
            Assert.DoesNotContain(token, Hub.Output, StringComparison.Ordinal);
            // The lock file is empty and can't be opened by another process.
            foreach (var file in Directory.EnumerateFiles(Hub.Folder, "*.db*")
                .Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
                Assert.True(Encoding.UTF8.GetBytes(token).AsSpan() is var bytes && Read(file).AsSpan().IndexOf(bytes) < 0, file);
        }
    }

    public static TheoryData<string, bool> Refused => new(
        from token in (string[])
        [
            "none", "nonsense", "unknown key", "key that may only publish", "revoked key", "expired", "wrong key",
            "alg none", "issuer",
        ]
        from isLong in (bool[])[false, true]
        select (token, isLong));

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Who_has_no_good_token_is_refused_with_401_before_the_upgrade(string kind, bool isLong)
    {
        using var rest = await Hub.LogInAsync();
        var token = kind switch
        {
            "nonsense" => "a.b.c",
            "unknown key" => "nh_" + new string('x', 43),
            "key that may only publish" => (await MakeKeyAsync(rest, "publish")).Secret,
            "revoked key" => await RevokedAsync(rest),
            "expired" => Sign(rest.Token!, DateTimeOffset.UtcNow.AddMinutes(-1)),
            "wrong key" => Sign(
                rest.Token!, DateTimeOffset.UtcNow.AddHours(1), key: "another key that is at least 32 bytes long"),
            "alg none" => $"{Encode("""{"alg":"none"}"""u8)}.{rest.Token!.Split('.')[1]}.",
            "issuer" => Sign(rest.Token!, DateTimeOffset.UtcNow.AddHours(1), issuer: "another"),
            _ => null,
        };
        using var raw = await ConnectAsync("header", token, isLong);

        Assert.StartsWith("HTTP/1.1 401 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_forgeries_are_made_from_would_be_good()
    {
        using var rest = await Hub.LogInAsync();
        using var raw = await ConnectAsync("header", Sign(rest.Token!, DateTimeOffset.UtcNow.AddHours(1)), isLong: false);

        Assert.StartsWith("HTTP/1.1 101 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_are_closed_with_4501_when_token_user_or_key_stops_being_valid()
    {
        using var rest = await Hub.LogInAsync();
        var (id, secret) = await MakeKeyAsync(rest, "read");
        var user = (await rest.PostAsync(
            "/api/users", """{"email":"ann@example.com","name":"Ann","role":"viewer","password":"correct horse battery"}"""))
            .Expect(HttpStatusCode.Created).Data.GetProperty("id").GetInt64();
        using var ann = Hub.Rest();
        await ann.LogInAsync("ann@example.com", "correct horse battery");
        using var service = await UpgradeAsync(secret);
        using var person = await UpgradeAsync(ann.Token!);
        using var brief = await UpgradeBrieflyAsync(rest.Token!);
        using var stays = await UpgradeAsync(rest.Token!);

        Assert.Equal(4501, await brief.ReadCloseAsync());
        (await rest.SendAsync(HttpMethod.Delete, $"/api/keys/{id}")).Expect(HttpStatusCode.OK);
        Assert.Equal(4501, await service.ReadCloseAsync());
        (await rest.SendAsync(HttpMethod.Patch, $"/api/users/{user}", """{"disabled":true}""")).Expect(HttpStatusCode.OK);
        Assert.Equal(4501, await person.ReadCloseAsync());
        await stays.SendAsync(RawSocket.Text("""{"type":"ping"}"""));
        Assert.Equal("""{"type":"pong"}""", await stays.ReadTextAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Behind_a_trusted_proxy_a_client_has_the_address_that_the_proxy_saw(bool isLong)
    {
        using var rest = await Hub.LogInAsync();
        using var raw = await ConnectAsync("header", rest.Token, isLong, ("X-Forwarded-For", "10.9.9.9, 203.0.113.7"));
        Assert.StartsWith("HTTP/1.1 101 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);

        var connection = await rest.ConnectionAsync(raw.UserAgent, _ => true);

        // Earlier entries may be forged by the client.
        Assert.Equal("203.0.113.7", connection.GetProperty("ipAddress").GetString());
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_requests_are_recorded_with_the_address_that_the_proxy_saw()
    {
        using var rest = await Hub.LogInAsync();
        await rest.SendAsync(HttpMethod.Get, "/api/system/info", null, ("X-Forwarded-For", "198.51.100.23"));

        var body = "";
        await Until.TrueAsync(
            async () => (body = (await rest.GetAsync("/api/usage/requests?path=/api/system/info")).Body)
                .Contains("198.51.100.23", StringComparison.Ordinal),
            () => body, "the request with its address");
    }

    [Fact]
    public async Task Header_fields_up_to_the_limit_are_taken_and_more_are_answered_431()
    {
        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);
        await raw.SendAsync($"GET /health/live HTTP/1.1\r\nHost: x\r\nCookie: {new string('c', 32_000)}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);

        using var bomb = await RawSocket.ConnectAsync(Hub.WebSocketPort);
        await bomb.SendAsync($"GET /health/live HTTP/1.1\r\nHost: x\r\nCookie: {new string('c', 33_000)}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 431 ", await bomb.ReadHeadAsync(), StringComparison.Ordinal);
    }

    private async Task<RawSocket> ConnectAsync(string way, string? token, bool isLong, params (string, string?)[] headers)
    {
        var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);
        (string, string?)[] own = token is null ? [] : way switch
        {
            "header" => [("Authorization", $"Bearer {token}")],
            "header of services" => [("X-API-Key", token)],
            "subprotocol" => [("Sec-WebSocket-Protocol", $"notifyhub.v1, notifyhub.bearer.{token}")],
            _ => [],
        };
        if (isLong) own = [.. own, ("Cookie", new string('c', 6000))];
        await raw.SendAsync(raw.Handshake(way == "query" ? $"/?token={token}" : "/", [.. own, .. headers]));
        return raw;
    }

    private async Task<RawSocket> UpgradeAsync(string token)
    {
        var raw = await ConnectAsync("header", token, isLong: false);
        Assert.StartsWith("HTTP/1.1 101 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        return raw;
    }

    /// <summary>Connects with a token that ends in a few seconds, or later where the machine is too slow for that.</summary>
    private async Task<RawSocket> UpgradeBrieflyAsync(string token)
    {
        // A token is accepted for 30 s beyond its end, the allowed clock skew.
        for (var seconds = -22; ; seconds += 10)
        {
            var raw = await ConnectAsync("header", Sign(token, DateTimeOffset.UtcNow.AddSeconds(seconds)), isLong: false);
            var head = await raw.ReadHeadAsync();
            if (head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal)) return raw;
            raw.Dispose();
            Assert.True(seconds < 60, head);
        }
    }

    private static async Task<(long Id, string Secret)> MakeKeyAsync(RestClient rest, string scope)
    {
        var key = (await rest.PostAsync("/api/keys", $$"""{"name":"of a test","scopes":["{{scope}}"]}"""))
            .Expect(HttpStatusCode.Created).Data;
        return (key.GetProperty("id").GetInt64(), key.GetProperty("key").GetString()!);
    }

    private async Task<string> RevokedAsync(RestClient rest)
    {
        var (id, secret) = await MakeKeyAsync(rest, "read");
        // It was just valid, so the gateway has it cached.
        using (await UpgradeAsync(secret))
        {
        }

        (await rest.SendAsync(HttpMethod.Delete, $"/api/keys/{id}")).Expect(HttpStatusCode.OK);
        return secret;
    }

    /// <summary>Signs a token like the good one, with these changes.</summary>
    private static string Sign(string good, DateTimeOffset until, string key = JwtKey, string issuer = "notifyhub")
    {
        var claims = JsonSerializer.Deserialize<Dictionary<string, object>>(Decode(good.Split('.')[1]))!;
        (claims["exp"], claims["nbf"], claims["iss"]) =
            (until.ToUnixTimeSeconds(), until.AddHours(-2).ToUnixTimeSeconds(), issuer);
        var signed = $"{Encode("""{"alg":"HS256","typ":"JWT"}"""u8)}.{Encode(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{signed}.{Encode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(signed)))}";
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static byte[] Decode(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);

    // The process has these files open.
    private static byte[] Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
