using System.Diagnostics;
using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

public sealed class UsageTests
{
    private static readonly TimeSpan Attack = TimeSpan.FromSeconds(12);

    [Fact]
    public async Task Refused_anonymous_requests_are_sums_that_displace_no_record()
    {
        await using var hub = await NotifyHubProcess.StartAsync(("UsageRows", "3000"));
        using var admin = await hub.LogInAsync();
        for (var i = 0; i < 300; i++) (await admin.GetAsync("/api/websocket/stats")).Expect(HttpStatusCode.OK);
        await Until.TrueAsync(async () => await RecordedAsync("/api/websocket/stats") == 300);
        var (before, memory) = (DatabaseBytes(), hub.ResidentBytes);

        var clock = Stopwatch.StartNew();
        var refused = (await Task.WhenAll(Enumerable.Range(0, 4).Select(async attacker =>
        {
            using var stranger = hub.Rest();
            var count = 0;
            // More in total than the retained records, even on a slow machine.
            for (; clock.Elapsed < Attack || count < 1_000; count++)
            {
                var path = (attacker % 2 == 0) ? "/api/keys" : $"/api/{attacker}/{count}/{new string('x', 400)}";
                Assert.InRange((int)(await stranger.GetAsync(path)).Status, 400, 499);
            }

            return count;
        }))).Sum();

        var sums = Array.Empty<JsonElement>();
        await Until.TrueAsync(
            async () => (sums = await SumsAsync()).Sum(sum => sum.GetProperty("requests").GetInt64()) >= refused);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{refused} refused requests: {sums.Length} sums; "
            + $"database {before / 1024} KiB before, {DatabaseBytes() / 1024} KiB after; "
            + $"memory {memory >> 20} MiB before, {hub.ResidentBytes >> 20} MiB after");
        Assert.Equal(refused, sums.Sum(sum => sum.GetProperty("requests").GetInt64()));
        Assert.InRange(sums.Length, 2, 20);
        Assert.Equal(300, await RecordedAsync("/api/websocket/stats"));
        Assert.Equal(0, await RecordedAsync("/api/keys"));
        Assert.InRange(DatabaseBytes() - before, long.MinValue, 8 << 20);
        // The charts still count them.
        var today = (await admin.GetAsync("/api/usage/summary?days=2")).Expect(HttpStatusCode.OK).Data.GetProperty("per_day");
        Assert.True(today.EnumerateArray().Sum(day => day.GetProperty("errors").GetInt64()) >= refused);

        async Task<long> RecordedAsync(string path) =>
            (await admin.GetAsync($"/api/usage/requests?path={path}")).Expect(HttpStatusCode.OK).Data
                .GetProperty("total").GetInt64();

        // The test itself requests the status without a login, so only refused requests are summed.
        async Task<JsonElement[]> SumsAsync() =>
        [
            .. (await admin.GetAsync("/api/usage/anonymous?limit=500")).Expect(HttpStatusCode.OK).Data
                .GetProperty("sums").EnumerateArray()
                .Where(sum => sum.GetProperty("status").GetInt32() >= 400),
        ];

        long DatabaseBytes() => Directory.EnumerateFiles(hub.Folder, "*.db*").Sum(file => new FileInfo(file).Length);
    }

    [Fact]
    public async Task Requests_before_a_restart_are_listed_including_the_last_one()
    {
        await using var hub = await NotifyHubProcess.StartAsync();
        using (var rest = await hub.LogInAsync())
        {
            await rest.GetAsync("/api/websocket/stats?token=secret");
            await rest.GetAsync("/api/nothing");
        }

        Assert.Equal(0, await hub.StopAsync());
        await hub.StartAgainAsync();
        using var back = await hub.LogInAsync();
        var page = (await back.GetAsync("/api/usage/requests?to=2999-01-01T00:00:00Z")).Expect(HttpStatusCode.OK);
        Assert.DoesNotContain("secret", page.Body, StringComparison.Ordinal);
        Assert.Equal(
            [
                ("admin@notifyhub.com", "/api/nothing", "-", 404),
                ("admin@notifyhub.com", "/api/websocket/stats", "/api/websocket/stats", 200),
                ("-", "/api/auth/login", "/api/auth/login", 200),
            ],
            page.Data.GetProperty("requests").EnumerateArray().TakeLast(3).Select(request => (
                request.GetProperty("who").GetString(), request.GetProperty("path").GetString(),
                request.GetProperty("route").GetString(), request.GetProperty("status").GetInt32())));
        var today = (await back.GetAsync("/api/usage/summary?days=2")).Expect(HttpStatusCode.OK).Data.GetProperty("per_day");
        Assert.True(today.EnumerateArray().Sum(day => day.GetProperty("requests").GetInt32()) >= 3);
    }
}
