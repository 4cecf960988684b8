using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

public sealed class ScheduleTests
{
    private const int Many = 40;

    [Fact]
    public async Task Runs_interrupted_by_a_kill_are_sent_once_after_restart()
    {
        using var clock = new FakeTime();
        await using var hub = await NotifyHubProcess.StartAsync([("ScheduleGrace", "01:00:00"), .. clock.Settings]);
        using (var rest = await hub.LogInAsync())
        {
            await using var client = await hub.ConnectAsync();
            // All are due at once, and none before all are created.
            var at = DateTimeOffset.UtcNow.AddHours(1);
            for (var i = 0; i < Many; i++) await CreateAsync(rest, $"number {i}", at);
            clock.Set(TimeSpan.FromHours(1));
            await client.NextJsonAsync();
            await hub.KillAsync();
        }

        for (var life = 0; life < 2; life++)
        {
            await hub.StartAgainAsync();
            using var rest = await hub.LogInAsync();
            await Until.TrueAsync(
                async () => (await GetAsync(rest, "/api/schedules?limit=500")).GetProperty("schedules").EnumerateArray()
                    .All(schedule => schedule.GetProperty("last_run_status").GetString() == "sent"));

            var titles = (await GetAsync(rest, "/api/notifications/windows?limit=500"))
                .GetProperty("notifications").EnumerateArray()
                .Select(notification => notification.GetProperty("title").GetString()).ToArray();
            Assert.Equal(Enumerable.Range(0, Many).Select(i => $"number {i}").Order(), titles.Order());
            await hub.KillAsync();
        }
    }

    [Fact]
    public async Task Runs_missed_while_the_process_was_down_are_skipped_or_caught_up()
    {
        using var clock = new FakeTime();
        await using var hub = await NotifyHubProcess.StartAsync([("ScheduleGrace", "00:00:01"), .. clock.Settings]);
        long skips, catchesUp;
        var at = DateTimeOffset.UtcNow.AddHours(1);
        using (var rest = await hub.LogInAsync())
        {
            skips = await CreateAsync(rest, "skips", at);
            catchesUp = await CreateAsync(rest, "catches up", at, "catch_up");
            await hub.KillAsync();
        }

        clock.Set(TimeSpan.FromHours(2));
        await hub.StartAgainAsync();
        using var back = await hub.LogInAsync();
        Assert.Equal(("schedule", "skipped"), await OnlyRunAsync(skips));
        Assert.Equal(("catch_up", "sent"), await OnlyRunAsync(catchesUp));
        var notification = Assert.Single(
            (await GetAsync(back, "/api/notifications/windows")).GetProperty("notifications").EnumerateArray());
        Assert.Equal("catches up", notification.GetProperty("title").GetString());

        async Task<(string?, string?)> OnlyRunAsync(long id)
        {
            JsonElement[] runs = [];
            await Until.TrueAsync(async () =>
            {
                runs = [.. (await GetAsync(back, $"/api/schedules/{id}/runs")).GetProperty("runs").EnumerateArray()];
                return runs.Length > 0;
            });
            var run = Assert.Single(runs);
            return (run.GetProperty("trigger").GetString(), run.GetProperty("status").GetString());
        }
    }

    [Fact]
    public async Task Schedules_run_while_the_service_is_stopped_and_resuming_clients_get_them()
    {
        await using var hub = await NotifyHubProcess.StartAsync(("ScheduleGrace", "01:00:00"));
        using var rest = await hub.LogInAsync();
        (await rest.PostAsync("/api/system/websocket/stop")).Expect(HttpStatusCode.OK);
        var id = await CreateSoonAsync(rest, "meanwhile");
        await Until.TrueAsync(
            async () => (await GetAsync(rest, $"/api/schedules/{id}")).GetProperty("status").GetString() == "finished");
        var byHand = (await rest.PostAsync($"/api/schedules/{id}/run")).Expect(HttpStatusCode.OK).Data;
        Assert.Equal(("manual", "sent", 2), (
            byHand.GetProperty("trigger").GetString(), byHand.GetProperty("status").GetString(),
            byHand.GetProperty("offset").GetInt32()));

        (await rest.PostAsync("/api/system/websocket/start")).Expect(HttpStatusCode.OK);
        await using var client = await hub.ConnectAsync("?since=0", v1: true);
        await client.NextJsonAsync();
        for (var offset = 1; offset <= 2; offset++)
        {
            var message = await client.NextJsonAsync();
            Assert.Equal((offset, "meanwhile"), (
                message.GetProperty("offset").GetInt32(), message.GetProperty("data").GetProperty("title").GetString()));
        }
    }

    private static async Task<long> CreateAsync(RestClient rest, string title, DateTimeOffset at, string missed = "skip")
    {
        var answer = await PostAsync(rest, title, at, missed);
        return answer.Expect(HttpStatusCode.Created).Data.GetProperty("id").GetInt64();
    }

    /// <summary>Creates one that is due soon, retrying later times in case the time passes before the request is read.</summary>
    private static async Task<long> CreateSoonAsync(RestClient rest, string title)
    {
        for (var seconds = 1; ; seconds *= 2)
        {
            var answer = await PostAsync(rest, title, DateTimeOffset.UtcNow.AddSeconds(seconds), "skip");
            if (answer.Status == HttpStatusCode.Created || seconds > 60)
                return answer.Expect(HttpStatusCode.Created).Data.GetProperty("id").GetInt64();
        }
    }

    private static Task<RestAnswer> PostAsync(RestClient rest, string title, DateTimeOffset at, string missed)
    {
        var body = JsonSerializer.Serialize(
            new { name = title, notification = new { title, message = "m" }, kind = "once", at, missed });
        return rest.PostAsync("/api/schedules", body);
    }

    private static async Task<JsonElement> GetAsync(RestClient rest, string path) =>
        (await rest.GetAsync(path)).Expect(HttpStatusCode.OK).Data;
}
