using System.Net;
using System.Text;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>
/// Attacks on one gateway. During each, a bystander gets every message in order; after each, the process answers, all
/// connections of the attackers are gone, and its memory is back to what it was (<see cref="Attack"/>).
/// </summary>
public sealed class AbuseTests(AbuseTests.Shared shared) : IClassFixture<AbuseTests.Shared>
{
    private const string Ping = """{"type":"ping"}""";
    private const string Pong = """{"type":"pong"}""";
    private const string Windows = "/api/notifications/windows";

    // A small generation 0, so that garbage is collected soon and a leak shows.
    public sealed class Shared() : SharedProcess(
        ("HandshakeTimeout", "00:00:10"), ("PingInterval", "00:00:10"), ("CloseGrace", "00:00:02"), ("BacklogBytes", "1048576"),
        ("HistoryBytes", "524288"), ("DOTNET_GCgen0size", "0x800000"), ("Logging__LogLevel__Default", "Warning"));

    private NotifyHubProcess Hub => shared.Hub;

    [Fact]
    public Task Thousands_of_requests_that_never_end() => Attack.RunAsync(Hub, async () =>
    {
        await ManyAsync(2_000, async _ =>
        {
            var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);
            await raw.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n");
            return raw;
        }, async slow =>
        {
            using var client = await RawSocket.UpgradeAsync(Hub.WebSocketPort);
            await client.SendAsync(RawSocket.Text(Ping));
            Assert.Equal(Pong, await NextTextAsync(client));
            // Each is disconnected at the timeout, although it keeps sending.
            foreach (var raw in slow) await Record.ExceptionAsync(() => raw.SendAsync("X: 1\r\n"));
            foreach (var raw in slow) await raw.ReadToEndAsync(orReset: true);
        });
    });

    [Fact]
    public Task Connections_that_are_silent_or_whose_peer_is_gone() => Attack.RunAsync(Hub, () => ManyAsync(
        600,
        number => number % 2 == 0 ? RawSocket.ConnectAsync(Hub.WebSocketPort) : RawSocket.UpgradeAsync(Hub.WebSocketPort),
        async halfOpen =>
        {
            // The server closes each: no request in time, or no answer to pings.
            foreach (var raw in halfOpen) await raw.ReadToEndAsync(orReset: true);
        }));

    /// <summary>More than may be open from one address: the newest take the places of the oldest, and each is told why.</summary>
    [Fact]
    public Task Thousands_that_are_refused_and_do_not_leave() => Attack.RunAsync(Hub, () => ManyAsync(
        2_000,
        async _ =>
        {
            var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);
            await raw.SendAsync(raw.Handshake("/?token=nh_wrong", ("Sec-WebSocket-Protocol", "notifyhub.v1")));
            Assert.StartsWith("HTTP/1.1 101 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
            Assert.Contains("UNAUTHORIZED", await raw.ReadTextAsync(), StringComparison.Ordinal);
            Assert.Equal(4501, await raw.ReadCloseAsync());
            return raw;
        },
        async refused =>
        {
            using var client = await RawSocket.UpgradeAsync(Hub.WebSocketPort);
            await client.SendAsync(RawSocket.Text(Ping));
            Assert.Equal(Pong, await NextTextAsync(client));
            // None answers the close.
            foreach (var raw in refused) await raw.ReadToEndAsync(orReset: true);
        }));

    [Fact]
    public async Task Ten_thousand_that_come_and_go()
    {
        using var rest = await Hub.LogInAsync();
        var before = (await rest.StatsAsync()).GetProperty("totalConnections").GetInt64();
        var bystanders = 0;
        await Attack.RunAsync(Hub, async () =>
        {
            bystanders++;
            await Parallel.ForAsync(0, 5_000, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (number, _) =>
            {
                using var raw = await RawSocket.UpgradeAsync(Hub.WebSocketPort);
                if (number % 3 == 0)
                {
                    await raw.SendAsync(RawSocket.Close(1000));
                    await raw.ReadToEndAsync();
                }
                else if (number % 3 == 1)
                {
                    raw.Reset();
                }
            });
        });

        await Until.TrueAsync(
            async () => (await rest.StatsAsync()).GetProperty("totalConnections").GetInt64() == before + 10_000 + bystanders,
            () => $"{before} before");
    }

    [Fact]
    public Task Clients_that_do_not_read() => Attack.RunAsync(Hub, () => ManyAsync(
        40,
        _ => RawSocket.UpgradeAsync(Hub.WebSocketPort, receiveBuffer: 4096),
        async deaf =>
        {
            using var push = await Hub.ConnectPushAsync();
            using var rest = await Hub.LogInAsync();
            var line = $$"""{"padding":"{{new string('x', 64 << 10)}}"}""";
            await Until.TrueAsync(
                async () =>
                {
                    for (var i = 0; i < 4; i++) Assert.Equal("ok", await push.PushAsync(line));
                    // Only the bystander.
                    return (await rest.StatusAsync()).GetProperty("active_connections").GetInt64() == 1;
                });
        }));

    [Fact]
    public Task Lines_without_end() => Attack.RunAsync(Hub, () => Parallel.ForAsync(0, 20, async (_, _) =>
    {
        using var push = await Hub.ConnectPushAsync();
        var megabyte = new byte[1 << 20];
        Array.Fill(megabyte, (byte)'{');
        // Answered and closed before everything is sent, which the sender may see as a reset.
        var sending = Record.ExceptionAsync(async () =>
        {
            for (var sent = 0; sent < 8; sent++) await push.SendAsync(megabyte);
        });
        Assert.Equal("error: line longer than 1048576 bytes", await push.ReadLineAsync());
        await sending;
    }));

    [Fact]
    public Task Deep_nesting_wherever_JSON_is_read() => Attack.RunAsync(Hub, async () =>
    {
        using var rest = await Hub.LogInAsync();
        using var push = await Hub.ConnectPushAsync();
        using var raw = await RawSocket.UpgradeAsync(Hub.WebSocketPort);
        foreach (var (open, close) in ((string, string)[])[("[", "]"), ("""{"a":""", "}")])
        {
            string Deep(int depth) => $$"""{"type":"ping","time":{{Repeated(open, depth)}}1{{Repeated(close, depth)}}}""";
            Assert.Equal("error: nested deeper than 64", await push.PushAsync(Deep(150_000)));
            (await rest.PostAsync("/api/push", Deep(150_000))).ExpectError(HttpStatusCode.BadRequest, "VALIDATION_ERROR");
            (await rest.PostAsync(Windows, Deep(150_000))).ExpectError(HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE");
            (await rest.PostAsync(Windows, Deep(40_000))).ExpectError(HttpStatusCode.BadRequest, "VALIDATION_ERROR");
            (await rest.PostAsync("/api/auth/login", Deep(600))).ExpectError(HttpStatusCode.BadRequest, "VALIDATION_ERROR");
            await raw.SendAsync(RawSocket.Text(Deep(9_000)));
            Assert.Contains("INVALID_JSON", await NextTextAsync(raw), StringComparison.Ordinal);
        }
    });

    [Fact]
    public Task Heads_of_many_and_of_huge_headers() => Attack.RunAsync(Hub, () => Parallel.ForAsync(0, 100, async (number, _) =>
    {
        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);
        var bomb = (number % 3) switch
        {
            0 => "GET / HTTP/1.1\r\nHost: a\r\n" + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"X-{i}: y\r\n")),
            1 => "GET / HTTP/1.1\r\nHost: a\r\nX: " + new string('y', 1 << 20),
            _ => "GET /" + new string('z', 1 << 20),
        };
        var sending = Record.ExceptionAsync(() => raw.SendAsync(bomb + "\r\n\r\n"));
        Assert.StartsWith(
            number % 3 == 2 ? "HTTP/1.1 414 " : "HTTP/1.1 431 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        await sending;
    }));

    [Fact]
    public Task Paths_that_climb() => Attack.RunAsync(Hub, async () =>
    {
        string[] steps = ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "%c0%ae%c0%ae/", "..%252f", "....//", "..;/"];
        string[] roots = ["/", "/docs/", "/api/", "/openapi/", "/ws/", "/websocket-test.html/", "//"];
        foreach (var target in
            from root in roots
            from step in steps
            from file in (string[])["etc/passwd", "jwt.key", "appsettings.json"]
            select root + string.Concat(Enumerable.Repeat(step, 8)) + file)
        {
            using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);
            await raw.SendAsync($"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            var answer = Encoding.UTF8.GetString(await raw.ReadToEndAsync());
            // Every path below /docs/ returns the API's documentation page.
            var isRefused = answer.StartsWith("HTTP/1.1 40", StringComparison.Ordinal)
                || answer.Contains("<title>NotifyHub API</title>", StringComparison.Ordinal);
            Assert.True(isRefused, $"{target}: {answer}");
            Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
            Assert.DoesNotContain("Logging", answer, StringComparison.Ordinal);
        }
    });

    [Theory]
    [InlineData("'; DROP TABLE notifications; --")]
    [InlineData("\" OR \"\"=\"")]
    [InlineData("%' UNION SELECT password FROM users --")]
    [InlineData("<script>alert(1)</script><img src=x onerror=alert(1)>")]
    [InlineData("{{7*7}} ${7*7} {0} %s%n \\u0027 $(id) `id`")]
    [InlineData("\u202etxt.exe \ufeff\u200b\ud83d\ude00 \u0001\u007f")]
    public Task Texts_in_the_shape_of_code(string text) => Attack.RunAsync(Hub, async () =>
    {
        using var rest = await Hub.LogInAsync();
        await using var client = await Hub.ConnectAsync();
        var body = JsonSerializer.Serialize(new { title = text, message = text });
        var created = (await rest.PostAsync(Windows, body)).Expect(HttpStatusCode.Created).Data;
        Assert.Equal(text, created.GetProperty("title").GetString());
        var pushed = await client.NextUntilAsync(one => one.Contains("new_notification", StringComparison.Ordinal));
        Assert.Equal(text, JsonElement.Parse(pushed[^1]).GetProperty("data").GetProperty("message").GetString());
        // The search treats it as plain text: it finds itself and nothing else.
        var found = (await rest.GetAsync($"{Windows}?limit=500&search={Uri.EscapeDataString(text)}"))
            .Expect(HttpStatusCode.OK).Data.GetProperty("notifications");
        Assert.NotEqual(0, found.GetArrayLength());
        Assert.All(found.EnumerateArray(), one => Assert.Equal(text, one.GetProperty("title").GetString()));
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await rest.PostAsync("/api/auth/login", JsonSerializer.Serialize(new { email = text, password = text }))).Status);
        Assert.NotEqual(
            HttpStatusCode.InternalServerError, (await rest.GetAsync($"{Windows}?status={Uri.EscapeDataString(text)}")).Status);
    });

    [Fact]
    public Task A_token_changed_in_any_place() => Attack.RunAsync(Hub, async () =>
    {
        using var rest = await Hub.LogInAsync();
        var token = rest.Token!;
        (await rest.GetAsync("/api/auth/me")).Expect(HttpStatusCode.OK);
        // Not the last character: its lowest bits are padding.
        for (var at = 0; at < token.Length - 1; at += 3)
        {
            rest.Token = $"{token[..at]}{(token[at] == 'A' ? 'B' : 'A')}{token[(at + 1)..]}";
            Assert.Equal(HttpStatusCode.Unauthorized, (await rest.GetAsync("/api/auth/me")).Status);
        }

        var parts = token.Split('.');
        foreach (var alg in (string[])["none", "None", "nOnE", "HS384", "RS256", "HS256 ", ""])
        {
            var header = Convert.ToBase64String(Encoding.UTF8.GetBytes($$"""{"alg":"{{alg}}","typ":"JWT"}""")).TrimEnd('=');
            foreach (var signature in (string[])["", parts[2]])
            {
                rest.Token = $"{header}.{parts[1]}.{signature}";
                Assert.Equal(HttpStatusCode.Unauthorized, (await rest.GetAsync("/api/auth/me")).Status);
            }
        }
    });

    private static async Task<string> NextTextAsync(RawSocket raw)
    {
        while (true)
        {
            var (opcode, payload) = await raw.ReadFrameAsync();
            var text = Encoding.UTF8.GetString(payload);
            // Skip pings and the bystander's messages.
            if (opcode == 1 && !text.StartsWith("""{"n":""", StringComparison.Ordinal)) return text;
        }
    }

    private static string Repeated(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    /// <summary>Opens many connections at a time, attacks with all of them, and closes them.</summary>
    private static async Task ManyAsync(int count, Func<int, Task<RawSocket>> open, Func<IReadOnlyList<RawSocket>, Task> attack)
    {
        var all = new RawSocket?[count];
        try
        {
            await Parallel.ForAsync(
                0, count, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) => all[i] = await open(i));
            await attack(all!);
        }
        finally
        {
            foreach (var raw in all) raw?.Dispose();
        }
    }
}
