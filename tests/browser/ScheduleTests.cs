using System.Globalization;
using Microsoft.Playwright;
using NotifyHub.TestKit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace NotifyHub.BrowserTests;

/// <summary>Scheduled notifications, from the form to the client that receives them.</summary>
[Collection(typeof(SecondBrowser))]
public sealed class ScheduleTests(Browser browser)
{
    [Fact]
    public async Task A_notification_that_was_scheduled_is_sent_at_its_time_and_is_in_the_history()
    {
        var name = $"once-{Guid.NewGuid():N}";
        using var clock = new FakeTime();
        await using var hub = await NotifyHubProcess.StartAsync([("ConsolePort", "0"), .. clock.Settings]);
        await using var client = await hub.ConnectAsync();
        await using var tab = await browser.LogInAsync(hub, "scheduler");
        await OpenFormAsync(tab, name);
        // In the server's time zone, with seconds.
        var at = TimeZoneInfo.ConvertTime(DateTimeOffset.UtcNow, TimeZoneInfo.FindSystemTimeZoneById("Asia/Taipei"))
            .AddHours(1);
        // The browser leaves out seconds that are 0, which the driver takes for a value that it could not fill in.
        if (at.Second == 0) at = at.AddSeconds(1);
        await tab.Dialog.Locator("input[type=datetime-local]")
            .FillAsync(at.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
        await tab.Button("儲存").ClickAsync();
        await Expect(tab.Dialog).ToHaveCountAsync(0);
        await Expect(tab.Row(name)).ToContainTextAsync("啟用中");

        clock.Set(TimeSpan.FromHours(1));
        var received = (await client.NextUntilAsync(text => text.Contains(name, StringComparison.Ordinal)))[^1];

        Assert.Contains("new_notification", received, StringComparison.Ordinal);
        await Expect(tab.Row(name)).ToContainTextAsync("已結束");
        await tab.Row(name).GetByRole(AriaRole.Button, new() { Name = $"執行紀錄：{name}" }).ClickAsync();
        await Expect(tab.Dialog.Locator("tbody tr")).ToHaveCountAsync(1);
        await Expect(tab.Dialog.Locator("tbody tr")).ToContainTextAsync("已發送");
        await tab.ConfirmAsync("關閉");
    }

    [Fact]
    public async Task A_repeated_one_shows_its_next_five_runs_and_can_be_managed()
    {
        var name = $"cron-{Guid.NewGuid():N}";
        await using var client = await browser.Hub.ConnectAsync();
        await using var tab = await browser.LogInAsync("scheduler");
        tab.MayComplain("400");
        await OpenFormAsync(tab, name);
        await tab.Dialog.GetByText("重複發送（cron）").ClickAsync();
        await tab.Dialog.GetByLabel("時區").SelectOptionAsync("Europe/Berlin");

        await tab.Dialog.GetByLabel("cron 運算式").FillAsync("61 * * * *");
        await Expect(tab.Dialog.Locator(".next")).ToContainTextAsync("cron");
        await Expect(tab.Dialog.Locator(".next li")).ToHaveCountAsync(0);
        await tab.Dialog.GetByLabel("cron 運算式").FillAsync("30 4 1 1 *");
        await Expect(tab.Dialog.Locator(".next li")).ToHaveCountAsync(5);
        await Expect(tab.Dialog.Locator(".next li").First).ToContainTextAsync("-01-01 04:30:00");
        await tab.Button("儲存").ClickAsync();
        await Expect(tab.Dialog).ToHaveCountAsync(0);
        await Expect(tab.Row(name)).ToContainTextAsync("Europe/Berlin");

        await tab.Button($"暫停：{name}").ClickAsync();
        await Expect(tab.Row(name)).ToContainTextAsync("已暫停");
        await tab.Button($"恢復：{name}").ClickAsync();
        await Expect(tab.Row(name)).ToContainTextAsync("啟用中");

        await tab.Button($"立即執行：{name}").ClickAsync();
        await tab.ConfirmAsync("立即執行");
        await client.NextUntilAsync(text => text.Contains(name, StringComparison.Ordinal));

        await tab.Button($"編輯：{name}").ClickAsync();
        await Expect(tab.Dialog.GetByLabel("cron 運算式")).ToHaveValueAsync("30 4 1 1 *");
        await tab.Dialog.GetByLabel("排程名稱").FillAsync(name + "-b");
        await tab.Button("儲存").ClickAsync();
        await Expect(tab.Row(name + "-b")).ToBeVisibleAsync();

        await tab.Button($"刪除：{name}-b").ClickAsync();
        await tab.ConfirmAsync("刪除");
        await Expect(tab.Row(name)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_invalid_form_shows_its_faults_and_is_not_sent()
    {
        await using var tab = await browser.LogInAsync("scheduler");
        await tab.Button("新增排程").ClickAsync();

        await tab.Button("儲存").ClickAsync();

        await Expect(tab.Dialog.GetByText("必填", new() { Exact = true })).ToHaveCountAsync(4);
        await tab.ConfirmAsync("取消");
    }

    private static async Task OpenFormAsync(Tab tab, string name)
    {
        await tab.Button("新增排程").ClickAsync();
        await tab.Dialog.GetByLabel("排程名稱").FillAsync(name);
        await tab.Dialog.GetByLabel("標題").FillAsync($"title of {name}");
        await tab.Dialog.GetByLabel("訊息").FillAsync("what it says");
    }
}
