using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>Client tokens of an application and of the server itself, where no token is required.</summary>
public sealed class ClientTokenTests(ClientTokenTests.Shared shared) : IClassFixture<ClientTokenTests.Shared>
{
    private const string Secret = "the application's secret, 32 bytes";

    public sealed class Shared() : SharedProcess(("ClientTokenSecret", Secret));

    private NotifyHubProcess Hub => shared.Hub;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_faulty_token_is_refused_with_its_code_before_the_upgrade(bool isLong)
    {
        Assert.Equal(("101", ""), await AskAsync(Sign("42", 60), isLong));
        Assert.Equal(("401", "TOKEN_EXPIRED"), await AskAsync(Sign("42", -31), isLong));
        Assert.Equal(("401", "TOKEN_INVALID"), await AskAsync(Sign("42", 60)[..^2], isLong));
        Assert.Equal(("401", "TOKEN_INVALID"), await AskAsync(Sign("4 2", 60), isLong));
        Assert.Equal(("401", "TOKEN_INVALID"), await AskAsync("a.b.c", isLong));
        Assert.Equal(("401", "UNAUTHORIZED"), await AskAsync("nh_unknown", isLong));
    }

    [Fact]
    public async Task A_connection_ends_with_its_token_and_an_anonymous_one_stays()
    {
        using var anonymous = await RawSocket.UpgradeAsync(Hub.WebSocketPort);
        using var brief = await UpgradeBrieflyAsync();

        Assert.Equal(4501, await brief.ReadCloseAsync());
        await anonymous.SendAsync(RawSocket.Text("""{"type":"ping"}"""));
        Assert.Equal("""{"type":"pong"}""", await anonymous.ReadTextAsync());
    }

    [Fact]
    public async Task Revocation_closes_what_uses_the_token_and_outlives_a_restart()
    {
        await using var hub = await NotifyHubProcess.StartAsync(("ClientTokenSecret", Secret));
        using var rest = await hub.LogInAsync();
        var (one, id) = await IssueAsync(rest, "42");
        var (two, _) = await IssueAsync(rest, "42");
        var (bob, _) = await IssueAsync(rest, "43");
        var external = Sign("42", 600);
        using (var first = await UpgradeAsync(hub, one))
        using (var second = await UpgradeAsync(hub, two))
        using (var third = await UpgradeAsync(hub, external))
        using (var other = await UpgradeAsync(hub, bob))
        {
            (await rest.PostAsync("/api/tokens/revoke", $$"""{"jti":"{{id}}"}""")).Expect(HttpStatusCode.OK);
            Assert.Equal(4501, await first.ReadCloseAsync());
            (await rest.PostAsync("/api/tokens/revoke", """{"user":"42"}""")).Expect(HttpStatusCode.OK);
            Assert.Equal(4501, await second.ReadCloseAsync());
            Assert.Equal(4501, await third.ReadCloseAsync());
            await other.SendAsync(RawSocket.Text("""{"type":"ping"}"""));
            Assert.Equal("""{"type":"pong"}""", await other.ReadTextAsync());
        }

        // At once, in the same second.
        var (next, _) = await IssueAsync(rest, "42");
        using (await UpgradeAsync(hub, next))
        {
        }

        await hub.KillAsync();
        await hub.StartAgainAsync();

        foreach (var token in (string[])[one, two, external])
            Assert.Equal(("401", "TOKEN_INVALID"), await AskAsync(token, isLong: false, hub));
        // The server's key is the one from before, too.
        foreach (var token in (string[])[next, bob])
        {
            using var again = await UpgradeAsync(hub, token);
        }
    }

    [Fact]
    public async Task The_list_of_connections_says_whose_they_are()
    {
        using var rest = await Hub.LogInAsync();
        using var ann = await UpgradeAsync(Hub, Sign("ann@example.com", 600));
        using var anonymous = await RawSocket.UpgradeAsync(Hub.WebSocketPort);

        Assert.Equal("ann@example.com", (await MetadataAsync(ann)).GetProperty("user").GetString());
        Assert.False((await MetadataAsync(anonymous)).TryGetProperty("user", out _));

        async Task<JsonElement> MetadataAsync(RawSocket client) =>
            (await rest.ConnectionAsync(client.UserAgent, _ => true)).GetProperty("metadata");
    }

    [Fact]
    public async Task Where_a_token_is_required_a_client_token_will_do()
    {
        await using var hub = await NotifyHubProcess.StartAsync(("RequireToken", "true"));
        using var rest = await hub.LogInAsync();
        var (token, _) = await IssueAsync(rest, "42");

        using (await UpgradeAsync(hub, token))
        {
        }

        Assert.Equal(("401", "TOKEN_INVALID"), await AskAsync(Sign("42", 60), isLong: false, hub));
        Assert.Equal(("401", "UNAUTHORIZED"), await AskAsync(null, isLong: false, hub));
        Assert.DoesNotContain(token, hub.Output, StringComparison.Ordinal);
    }

    private static async Task<(string Token, string Id)> IssueAsync(RestClient rest, string user)
    {
        var data = (await rest.PostAsync("/api/tokens", $$"""{"user":"{{user}}"}""")).Expect(HttpStatusCode.OK).Data;
        return (data.GetProperty("token").GetString()!, data.GetProperty("jti").GetString()!);
    }

    /// <summary>The status, and the code of the error.</summary>
    private async Task<(string Status, string Code)> AskAsync(string? token, bool isLong, NotifyHubProcess? hub = null)
    {
        using var raw = await ConnectAsync(hub ?? Hub, token, isLong);
        var head = await raw.ReadHeadAsync();
        var status = head.Split(' ')[1];
        if (status == "101") return (status, "");
        raw.EndSending();
        var body = Encoding.UTF8.GetString(await raw.ReadToEndAsync());
        return (status, body.Split("\"code\":\"")[1].Split('"')[0]);
    }

    private static async Task<RawSocket> ConnectAsync(NotifyHubProcess hub, string? token, bool isLong)
    {
        var raw = await RawSocket.ConnectAsync(hub.WebSocketPort);
        (string, string?)[] headers = token is null ? [] : [("Authorization", $"Bearer {token}")];
        if (isLong) headers = [.. headers, ("Cookie", new string('c', 6000))];
        await raw.SendAsync(raw.Handshake("/", headers));
        return raw;
    }

    private static async Task<RawSocket> UpgradeAsync(NotifyHubProcess hub, string token)
    {
        var raw = await ConnectAsync(hub, token, isLong: false);
        Assert.StartsWith("HTTP/1.1 101 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        return raw;
    }

    /// <summary>Connects with a token that ends in a few seconds, or later where the machine is too slow for that.</summary>
    private async Task<RawSocket> UpgradeBrieflyAsync()
    {
        // A token is accepted for 30 s beyond its end, the allowed clock skew.
        for (var seconds = -22; ; seconds += 10)
        {
            var raw = await ConnectAsync(Hub, Sign("42", seconds), isLong: false);
            var head = await raw.ReadHeadAsync();
            if (head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal)) return raw;
            raw.Dispose();
            Assert.True(seconds < 60, head);
        }
    }

    /// <summary>A token as an application's backend would make it.</summary>
    private static string Sign(string user, long lifetime)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = JsonSerializer.SerializeToUtf8Bytes(new { sub = user, iat = now - 60, exp = now + lifetime });
        var signed = $"{Encode("""{"alg":"HS256","typ":"JWT"}"""u8)}.{Encode(claims)}";
        return $"{signed}.{Encode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(signed)))}";
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
