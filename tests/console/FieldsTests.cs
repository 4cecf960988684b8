using NotifyHub.Console.Api;
using NotifyHub.Console.Components;
using NotifyHub.Console.Language;
using Xunit;

namespace NotifyHub.ConsoleTests;

/// <summary>Validation of forms before the API is called.</summary>
public sealed class FieldsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 41, 0, TimeSpan.Zero);

    [Fact]
    public void A_notification_needs_a_title_and_a_message() =>
        Assert.Equal(["title", "message"], new NotificationFields().Faults(Texts.Chinese).Keys);

    [Fact]
    public void Lengths_are_counted_in_characters_of_Unicode()
    {
        var fields = new NotificationFields { Title = string.Concat(Enumerable.Repeat("🔔", 255)), Message = "x" };
        Assert.Empty(fields.Faults(Texts.Chinese));

        fields.Title += "🔔";

        Assert.Equal("最多 255 個字元", fields.Faults(Texts.Chinese)["title"]);
    }

    [Theory]
    [InlineData("https://example.com/a?b=c", true)]
    [InlineData("http://localhost:8080", true)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData(" javascript:alert(1)", false)]
    [InlineData("data:text/html,<script>alert(1)</script>", false)]
    [InlineData("//example.com", false)]
    [InlineData("example.com", false)]
    public void Only_links_to_the_web_are_links(string link, bool good)
    {
        Assert.Equal(good, SafeLink.Of(link) is not null);
        Assert.Equal(good, !Fields(fields => fields.ActionUrl = link).Faults(Texts.English).ContainsKey("action_url"));
    }

    [Theory]
    [InlineData("{\"env\":\"prod\"}", true)]
    [InlineData("", true)]
    [InlineData("[1]", false)]
    [InlineData("{", false)]
    [InlineData("7", false)]
    public void Metadata_is_a_JSON_object_or_nothing(string metadata, bool good) =>
        Assert.Equal(good, !Fields(fields => fields.Metadata = metadata).Faults(Texts.English).ContainsKey("metadata"));

    [Fact]
    public void An_error_of_the_API_is_shown_at_its_field()
    {
        var fields = Fields(_ => { });
        fields.Refused = new Dictionary<string, string> { ["title"] = "含有不允許的字元" };

        Assert.Equal("含有不允許的字元", fields.Faults(Texts.Chinese)["title"]);
    }

    [Fact]
    public void Editing_keeps_what_programs_have_set()
    {
        var draft = new NotificationDraft
        {
            Title = "a", Message = "b", Repo = "notifyhub", Branch = "main", CommitSha = "abc", Type = "deploy",
        };

        Assert.Equal(draft, NotificationFields.Of(draft).ToDraft());
    }

    [Fact]
    public void A_time_is_typed_in_the_zone_of_the_grid()
    {
        var grid = Grid("Asia/Taipei");
        var fields = Schedule(grid, fields => fields.At = "2026-11-23T17:42");

        Assert.Empty(fields.Faults(Texts.Chinese, Now));
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 9, 42, 0, TimeSpan.Zero), fields.ToDraft().At);
        Assert.Null(fields.ToDraft().Cron);
        Assert.Equal("2026-11-23T17:42", grid.ToInput(fields.ToDraft().At!.Value));
    }

    [Theory]
    [InlineData("2026-11-23T17:41", "必須是未來的時間")]
    [InlineData("", "必填")]
    [InlineData("tomorrow", "必填")]
    public void A_time_must_lie_in_the_future(string at, string fault) =>
        Assert.Equal(fault, Schedule(Grid("Asia/Taipei"), fields => fields.At = at).Faults(Texts.Chinese, Now)["at"]);

    [Fact]
    public void A_time_that_the_clocks_skip_is_none() => Assert.Null(Grid("Europe/Berlin").FromInput("2027-03-28T02:30"));

    [Theory]
    [InlineData("0 9 * * 1-5", true)]
    [InlineData("  0  9 * *   1-5 ", true)]
    [InlineData("0 9 * *", false)]
    [InlineData("0 0 9 * * 1", false)]
    public void A_cron_expression_has_five_fields(string cron, bool good)
    {
        var fields = Schedule(Grid("Asia/Taipei"), fields => (fields.Kind, fields.Cron) = (ScheduleKind.Cron, cron));

        Assert.Equal(good, !fields.Faults(Texts.Chinese, Now).ContainsKey("cron"));
    }

    [Fact]
    public void A_cron_schedule_has_a_zone_and_no_time()
    {
        var draft = Schedule(
            Grid("Asia/Taipei"), fields => (fields.Kind, fields.At) = (ScheduleKind.Cron, "2026-11-23T17:42")).ToDraft();

        Assert.Equal(("0 9 * * 1-5", "Asia/Taipei", null), (draft.Cron, draft.TimeZone, draft.At));
    }

    [Fact]
    public void A_refused_schedule_shows_notification_faults_at_the_notification()
    {
        var fields = Schedule(Grid("Asia/Taipei"), _ => { });

        fields.Refuse(new Dictionary<string, string> { ["cron"] = "bad", ["notification.title"] = "long" });

        Assert.Equal(["cron"], fields.Refused.Keys);
        Assert.Equal(["title"], fields.Notification.Refused.Keys);
    }

    private static NotificationFields Fields(Action<NotificationFields> change)
    {
        var fields = new NotificationFields { Title = "a", Message = "b" };
        change(fields);
        return fields;
    }

    private static ScheduleFields Schedule(GridTime grid, Action<ScheduleFields> change)
    {
        var fields = new ScheduleFields(grid) { Name = "a", At = "2027-01-01T00:00", Notification = Fields(_ => { }) };
        change(fields);
        return fields;
    }

    private static GridTime Grid(string zone)
    {
        var grid = new GridTime();
        grid.Set(zone);
        return grid;
    }
}
