using System.Net;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class ScheduleTests
{
    private const string Once =
        """{"name":"午餐","notification":{"title":"吃飯","message":"時間到了","metadata":{"n":1.0}}"""
        + ""","kind":"once","at":"2999-01-22T12:00:00+08:00","missed":"catch_up"}""";

    private const string Cron =
        """{"name":"daily","notification":{"title":"t","message":"m"}"""
        + ""","kind":"cron","cron":"30 9 * * 1-5","time_zone":"Asia/Taipei"}""";

    [Fact]
    public async Task A_schedule_is_made_listed_read_and_replaced_as_it_was_asked_for()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();

        var made = await server.PostAsync("/api/schedules", Once, token);
        Assert.Equal(HttpStatusCode.Created, made.Status);
        var view =
            """
            {"id":1,"name":"午餐","notification":{"title":"吃飯","message":"時間到了","type":"windows","severity":"info",
            "priority":"normal","icon":null,"action_url":null,"repo":null,"branch":null,"commit_sha":null,
            "metadata":{"n":1.0}},"kind":"once","at":"2999-01-22T04:00:00Z","cron":null,"time_zone":null,"missed":"catch_up",
            "status":"active","next_run_at":"2999-01-22T04:00:00Z","last_run_at":null,"last_run_status":null,
            "created_by":"admin@notifyhub.com","created_at":"1970-01-01T00:00:00Z","updated_at":"1970-01-01T00:00:00Z"}
            """.ReplaceLineEndings("");
        Assert.Equal(view, made.Data.GetRawText());
        Assert.Equal(view, (await server.GetAsync("/api/schedules/1", token)).Data.GetRawText());

        var page = await server.GetAsync("/api/schedules?status=paused&search=x&page=2&limit=3", token);
        Assert.Equal($$"""{"schedules":[{{view}}],"total":1,"page":2,"limit":3}""", page.Data.GetRawText());
        Assert.Equal(new ScheduleQuery("paused", "x", 2, 3), server.Grid.LastScheduleQuery);

        var replaced = (await server.SendAsync(HttpMethod.Put, "/api/schedules/1", Cron, token)).Data;
        Assert.Equal(("cron", "30 9 * * 1-5", "skip"), (
            replaced.GetProperty("kind").GetString(), replaced.GetProperty("cron").GetString(),
            replaced.GetProperty("missed").GetString()));
        Assert.Equal(
            1, (await server.SendAsync(HttpMethod.Delete, "/api/schedules/1", token: token)).Data.GetProperty("id").GetInt32());
    }

    [Fact]
    public async Task A_schedule_is_paused_and_resumed_unless_no_run_is_to_come_and_run_by_hand()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await server.PostAsync("/api/schedules", Once, token);
        server.Grid.Runs.Add(new ScheduleRun(
            5, 1, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddSeconds(1), RunCause.Manual, RunStatus.Sent, 42, null));
        var run =
            """
            {"id":5,"schedule_id":1,"scheduled_for":"1970-01-01T00:00:00Z","started_at":"1970-01-01T00:00:01Z",
            "trigger":"manual","status":"sent","notification_id":42,"offset":42,"error":null}
            """.ReplaceLineEndings("");

        Assert.Equal(
            "paused", (await server.PostAsync("/api/schedules/1/pause", null, token)).Data.GetProperty("status").GetString());
        var over = await server.PostAsync("/api/schedules/1/resume", null, token);
        Assert.Equal((HttpStatusCode.Conflict, "CONFLICT"), (over.Status, over.Code));
        Assert.Equal(run, (await server.PostAsync("/api/schedules/1/run", null, token)).Data.GetRawText());
        Assert.Equal(
            $$"""{"runs":[{{run}}],"total":1,"page":1,"limit":50}""",
            (await server.GetAsync("/api/schedules/1/runs", token)).Data.GetRawText());

        foreach (var path in (string[])["/pause", "/resume", "/run"])
            Assert.Equal("NOT_FOUND", (await server.PostAsync("/api/schedules/9" + path, null, token)).Code);
        Assert.Equal("NOT_FOUND", (await server.GetAsync("/api/schedules/9/runs", token)).Code);
        Assert.Equal("NOT_FOUND", (await server.SendAsync(HttpMethod.Put, "/api/schedules/9", Cron, token)).Code);
    }

    [Theory]
    [InlineData("{}", "kind name notification")]
    [InlineData("""{"name":"","notification":{"title":"","severity":"bad"},"kind":"daily","missed":"no","day":1}""",
        "day kind missed name notification.message notification.severity notification.title")]
    [InlineData("""{"name":"n","notification":7,"kind":"once","at":"2999-01-22T04:00:00"}""", "at notification.body")]
    [InlineData("""{"name":"n","notification":{"title":"t","message":"m"},"kind":"once"}""", "at")]
    [InlineData("""{"name":"n","notification":{"title":"t","message":"m"},"kind":"once","at":"2001-01-22T04:00:00Z"}""", "at")]
    [InlineData(
        """{"name":"n","notification":{"title":"t","message":"m"}"""
        + ""","kind":"once","at":"2999-01-22T04:00:00Z","cron":"* * * * *"}""",
        "cron")]
    [InlineData(
        """{"name":"n","notification":{"title":"t","message":"m"},"kind":"cron","at":"2999-01-22T04:00:00Z"}""",
        "at cron time_zone")]
    [InlineData(
        """{"name":"n","notification":{"title":"t","message":"m"},"kind":"cron","cron":"* * * * * *","time_zone":"UTC"}""",
        "cron")]
    [InlineData(
        """{"name":"n","notification":{"title":"t","message":"m"},"kind":"cron","cron":"@daily","time_zone":"UTC"}""", "cron")]
    [InlineData(
        """{"name":"n","notification":{"title":"t","message":"m"},"kind":"cron","cron":"61 * * * *","time_zone":"../UTC"}""",
        "cron time_zone")]
    [InlineData(
        """{"name":"n","notification":{"title":"t","message":"m"},"kind":"cron","cron":"* * * * *","time_zone":"Mars/Base"}""",
        "time_zone")]
    [InlineData(
        """{"name":"n","notification":{"title":"t","message":"m"},"kind":"cron","cron":"0 0 30 2 *","time_zone":"UTC"}""",
        "cron")]
    public async Task An_invalid_schedule_gets_every_faulty_field(string json, string fields)
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.PostAsync("/api/schedules", json, await server.LogInAsync());
        Assert.Equal((HttpStatusCode.BadRequest, "VALIDATION_ERROR"), (answer.Status, answer.Code));
        Assert.Equal(fields.Split(' '), answer.FaultyFields);
        Assert.Empty(server.Grid.Schedules);
    }

    [Fact]
    public async Task The_next_five_runs_are_points_in_time()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();

        var once = await server.PostAsync(
            "/api/schedules/preview", """{"kind":"once","at":"2999-01-22T12:00:00+08:00"}""", token);
        Assert.Equal("""{"next_runs":["2999-01-22T04:00:00Z"]}""", once.Data.GetRawText());
        var cron = await server.PostAsync(
            "/api/schedules/preview", """{"kind":"cron","cron":"30 9 * * *","time_zone":"Asia/Taipei"}""", token);
        var times = cron.Data.GetProperty("next_runs").EnumerateArray().Select(time => time.GetDateTimeOffset()).ToArray();
        Assert.Equal(5, times.Length);
        Assert.All(times, time => Assert.Equal(new TimeSpan(1, 30, 0), time.UtcDateTime.TimeOfDay));
        Assert.All(times.Zip(times[1..]), pair => Assert.Equal(TimeSpan.FromDays(1), pair.Second - pair.First));
        var faulty = await server.PostAsync(
            "/api/schedules/preview", """{"kind":"cron","cron":"no","time_zone":"UTC"}""", token);
        Assert.Equal(["cron"], faulty.FaultyFields);
    }
}
