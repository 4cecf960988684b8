using System.Net;
using System.Text;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>Attacks on the login: others are neither locked out nor delayed, and memory does not grow.</summary>
public sealed class LoginTests(LoginTests.Shared shared) : IClassFixture<LoginTests.Shared>
{
    private const string Login = "/api/auth/login";
    private const string Password = "correct horse battery";
    private const string Right = $$"""{"email":"admin@notifyhub.com","password":"{{Password}}"}""";
    private const string Wrong = """{"email":"admin@notifyhub.com","password":"guess"}""";

    public sealed class Shared() : SharedProcess(
        ("TrustedProxies__0", "127.0.0.0/8"),
        // The default password is accepted only from this machine, and these logins come from other addresses.
        ("AdministratorPassword", Password));

    private NotifyHubProcess Hub => shared.Hub;

    [Fact]
    public async Task Bodies_far_too_large_at_once_are_refused_and_cost_no_memory()
    {
        using (var rest = Hub.Rest()) await rest.PostAsync(Login, Wrong, From("203.0.113.1"));
        var before = Hub.ResidentBytes;
        var peak = before;
        using var over = new CancellationTokenSource();
        var watching = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                peak = Math.Max(peak, Hub.ResidentBytes);
                await Task.Delay(10).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }, TestContext.Current.CancellationToken);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(async number =>
        {
            using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);
            var isChunked = number % 2 == 0;
            const int Size = 16 << 20;
            await raw.SendAsync(Head(
                $"203.0.113.{number}",
                isChunked ? $"Transfer-Encoding: chunked\r\n\r\n{Size:x}" : $"Content-Length: {Size}\r\n"));
            var body = new byte[1 << 20];
            Array.Fill(body, (byte)'[');
            // Refused in the middle of the body, which the sender may see as a reset.
            var sending = Record.ExceptionAsync(async () =>
            {
                for (var sent = 0; sent < Size; sent += body.Length) await raw.SendAsync(body);
            });
            Assert.StartsWith("HTTP/1.1 413 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
            await sending;
        }));
        await over.CancelAsync();
        await watching;

        Assert.InRange(peak - before, long.MinValue, 96 << 20);
        TestContext.Current.TestOutputHelper?.WriteLine($"Resident: {before >> 20} MiB before, {peak >> 20} MiB at the peak");
    }

    [Fact]
    public async Task Slow_bodies_do_not_block_their_address_and_time_out()
    {
        List<RawSocket> slow = [];
        try
        {
            for (var number = 0; number < 100; number++)
            {
                slow.Add(await RawSocket.ConnectAsync(Hub.WebSocketPort));
                await slow[^1].SendAsync(Head("203.0.113.50", "Content-Length: 4000\r\n") + "{");
            }

            using var rest = Hub.Rest();
            (await rest.PostAsync(Login, Right, From("203.0.113.50"))).Expect(HttpStatusCode.OK);

            // Faster than the web server's minimum data rate, but still too slow.
            var answers = await Task.WhenAll(slow.Select(async raw =>
            {
                var answer = raw.ReadHeadAsync();
                while (!answer.IsCompleted)
                {
                    await Record.ExceptionAsync(() => raw.SendAsync(new string(' ', 40)));
                    await Task.WhenAny(answer, Task.Delay(100));
                }

                return await answer;
            }));
            Assert.All(answers, answer => Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal));
        }
        finally
        {
            foreach (var raw in slow) raw.Dispose();
        }
    }

    [Fact]
    public async Task Who_guesses_locks_out_their_own_address_alone_also_behind_a_proxy()
    {
        using var rest = Hub.Rest();
        (await rest.PostAsync(Login, Right, From("203.0.113.60"))).Expect(HttpStatusCode.OK);

        for (var guess = 0; guess < 4; guess++)
            (await rest.PostAsync(Login, Wrong, From("198.51.100.66"))).Expect(HttpStatusCode.Unauthorized);
        for (var guess = 0; guess < 40; guess++)
            (await rest.PostAsync(Login, Wrong, From("198.51.100.66"))).Expect(HttpStatusCode.TooManyRequests);

        (await rest.PostAsync(Login, Right, From("198.51.100.66"))).ExpectError(HttpStatusCode.TooManyRequests, "RATE_LIMITED");
        (await rest.PostAsync(Login, Right, From("203.0.113.60"))).Expect(HttpStatusCode.OK);
        (await rest.PostAsync(Login, Right, From("203.0.113.61"))).Expect(HttpStatusCode.OK);
        // One IPv6 customer has a whole /64.
        for (var guess = 0; guess < 5; guess++) await rest.PostAsync(Login, Wrong, From($"2001:db8:0:66::{guess + 1}"));
        (await rest.PostAsync(Login, Right, From("2001:db8:0:66::ffff"))).Expect(HttpStatusCode.TooManyRequests);
        (await rest.PostAsync(Login, Right, From("2001:db8:0:67::1"))).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_link_that_would_run_in_a_page_is_refused_wherever_a_notification_is_made()
    {
        using var rest = Hub.Rest();
        rest.Token = (await rest.PostAsync(Login, Right)).Expect(HttpStatusCode.OK).Data.GetProperty("token").GetString();
        const string Bad = """{"title":"t","message":"m","action_url":"javascript:alert(1)"}""";

        Assert.Equal("action_url", await FaultAsync("/api/notifications/windows", Bad));
        Assert.Equal(
            "1.action_url", await FaultAsync("/api/notifications/windows/batch", $$"""[{"title":"t","message":"m"},{{Bad}}]"""));
        Assert.Equal("notification.action_url", await FaultAsync(
            "/api/schedules", $$"""{"name":"n","kind":"once","at":"2999-01-01T00:00:00Z","notification":{{Bad}}}"""));
        Assert.Equal(0, (await rest.GetAsync("/api/notifications/windows")).Data.GetProperty("total").GetInt64());
        Assert.Equal(0, (await rest.GetAsync("/api/schedules")).Data.GetProperty("total").GetInt64());

        async Task<string> FaultAsync(string path, string json)
        {
            var answer = await rest.PostAsync(path, json);
            answer.ExpectError(HttpStatusCode.BadRequest, "VALIDATION_ERROR");
            return Assert.Single(answer.Json.GetProperty("error").GetProperty("details").EnumerateObject()).Name;
        }
    }

    [Fact]
    public async Task Whatever_was_done_has_its_entry_in_the_audit_log_also_after_a_kill()
    {
        await using var hub = await NotifyHubProcess.StartAsync();
        for (var round = 0; round < 3; round++)
        {
            using (var rest = await hub.LogInAsync())
            {
                var before = await TotalAsync(rest, "/api/schedules");
                var making = Task.WhenAll(Enumerable.Range(0, 8).Select(async _ => await Record.ExceptionAsync(async () =>
                {
                    while (true) await rest.PostAsync("/api/schedules", Schedule());
                })));
                using var watching = await hub.LogInAsync();
                await Until.TrueAsync(async () => await TotalAsync(watching, "/api/schedules") >= before + 20);
                await hub.KillAsync();
                await making;
            }

            await hub.StartAgainAsync();
            using var after = await hub.LogInAsync();
            var schedules = await TotalAsync(after, "/api/schedules");
            var done = await TotalAsync(after, "/api/audit?act=schedule.create&outcome=done");
            var attempted = await TotalAsync(after, "/api/audit?act=schedule.create&outcome=attempted");
            Assert.True(
                done <= schedules && schedules <= done + attempted,
                $"{schedules} made, {done} done and {attempted} attempted in the log");
        }

        static string Schedule() => JsonSerializer.Serialize(new
        {
            name = "n", kind = "once", at = "2999-01-01T00:00:00Z", notification = new { title = "t", message = "m" },
        });

        static async Task<long> TotalAsync(RestClient rest, string path) =>
            (await rest.GetAsync(path)).Expect(HttpStatusCode.OK).Data.GetProperty("total").GetInt64();
    }

    private static (string, string) From(string address) => ("X-Forwarded-For", address);

    private static string Head(string address, string length) => new StringBuilder()
        .Append("POST ").Append(Login).Append(" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
        .Append("X-Forwarded-For: ").Append(address).Append("\r\n").Append(length).Append("\r\n").ToString();
}
