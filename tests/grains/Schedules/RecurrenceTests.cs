using NotifyHub.GrainInterfaces;

namespace NotifyHub.GrainTests.Schedules;

public class RecurrenceTests
{
    [Theory]
    [InlineData("30 9 * * *", "Asia/Taipei", "2026-03-10T01:29:59Z", "2026-03-10T01:30:00Z")]
    [InlineData("30 9 * * *", "Asia/Taipei", "2026-03-10T01:30:00Z", "2026-03-11T01:30:00Z")]
    // Summer time: 02:30 does not exist on March 29th; on October 25th it is there twice, and runs once.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    // An interval runs in both hours.
    [InlineData("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z")]
    [InlineData("0 0 29 2 *", "UTC", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 30 2 *", "UTC", "2026-03-01T00:00:00Z", null)]
    public void The_next_run_is_counted_in_the_time_zone(string cron, string zone, string after, string? next) =>
        Assert.Equal(
            next is null ? null : DateTimeOffset.Parse(next),
            Recurrence.Next(Draft(cron, zone), DateTimeOffset.Parse(after)));

    [Fact]
    public void Both_ends_of_a_time_belong_to_it()
    {
        var start = new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(
            [start, start.AddMinutes(1), start.AddMinutes(2)],
            Recurrence.Between(Draft("* * * * *", "Asia/Taipei"), start, start.AddMinutes(2)));
    }

    [Theory]
    [InlineData("* * * * *", true)]
    [InlineData("  0\t12 1,15 */2 MON-FRI ", true)]
    [InlineData("* * * *", false)]
    [InlineData("* * * * * *", false)]
    [InlineData("@hourly", false)]
    [InlineData("60 * * * *", false)]
    [InlineData("", false)]
    public void Cron_has_five_fields(string text, bool isCron) => Assert.Equal(isCron, Recurrence.TryParseCron(text, out _));

    private static ScheduleDraft Draft(string cron, string zone) =>
        new("name", ScheduleSamples.Content, ScheduleKind.Cron, null, cron, zone, MissedRuns.Skip);
}
