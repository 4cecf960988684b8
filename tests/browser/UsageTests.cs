using System.Net;
using Microsoft.Playwright;
using NotifyHub.TestKit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace NotifyHub.BrowserTests;

/// <summary>The lists of connections and of API requests.</summary>
[Collection(typeof(SecondBrowser))]
public sealed class UsageTests(Browser browser)
{
    [Fact]
    public async Task Connections_are_counted_listed_shown_in_detail_and_closed()
    {
        await using var client = await browser.Hub.ConnectAsync(v1: true);
        await using var tab = await browser.LogInAsync("usage");
        var list = tab.Panel("WebSocket 連線追蹤");
        foreach (var tile in (string[])["目前連線數", "總連線數", "錯誤連線數", "已發送訊息數"])
            await Expect(tab.Panel(tile).Locator(".tile-value")).Not.ToHaveTextAsync("—");

        await list.GetByLabel("狀態").SelectOptionAsync("connected");
        await Expect(tab.Row(client.UserAgent)).ToContainTextAsync("已連線");
        await tab.Row(client.UserAgent).Locator(".row-link").ClickAsync();
        await Expect(tab.Dialog).ToContainTextAsync(client.UserAgent);
        await Expect(tab.Dialog).ToContainTextAsync("notifyhub.v1");
        await tab.ConfirmAsync("關閉");

        await tab.Row(client.UserAgent).GetByRole(AriaRole.Button, new() { NameRegex = new("^中斷連線") }).ClickAsync();
        await tab.ConfirmAsync("中斷連線");
        Assert.Equal(1008, (await client.WaitUntilClosedAsync()).Code);
        await Expect(tab.Row(client.UserAgent)).ToHaveCountAsync(0);
        await list.GetByLabel("狀態").SelectOptionAsync("");
        await Expect(tab.Row(client.UserAgent)).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Requests_are_recorded_listed_filtered_and_summed()
    {
        using var rest = await browser.Hub.LogInAsync();
        var path = $"/api/no-such-{Guid.NewGuid():N}";
        (await rest.GetAsync(path)).Expect(HttpStatusCode.NotFound);
        await using var tab = await browser.LogInAsync("usage?view=requests");
        var log = tab.Panel("API 請求紀錄");

        await log.GetByLabel("搜尋").FillAsync(path);
        // Requests are recorded in batches, after they were answered.
        await Until.TrueAsync(async () =>
        {
            await log.GetByRole(AriaRole.Button, new() { Name = "重新整理" }).ClickAsync();
            await Expect(log.Locator(".list")).ToHaveAttributeAsync("aria-busy", "false");
            return await tab.Row(path).CountAsync() == 1;
        });
        await Expect(tab.Row(path)).ToContainTextAsync("404");
        await Expect(tab.Row(path)).ToContainTextAsync("admin@notifyhub.com");
        await log.GetByLabel("狀態").SelectOptionAsync("2xx");
        await Expect(log.GetByText("沒有符合的項目")).ToBeVisibleAsync();
        await log.GetByLabel("狀態").SelectOptionAsync("4xx");
        await tab.Row(path).Locator(".row-link").ClickAsync();
        await Expect(tab.Dialog).ToContainTextAsync($"GET {path}");
        await tab.ConfirmAsync("關閉");

        await Expect(tab.Panel("每日請求數").Locator(".bars-one")).ToHaveCountAsync(7);
        await Expect(tab.Panel("各端點請求數").Locator("tbody tr").First).ToContainTextAsync("/api/");
    }

    [Theory]
    [InlineData("usage?view=requests", "**/api/usage/requests?*", "API 請求紀錄")]
    [InlineData("notifications", "**/api/notifications/windows?*", "通知")]
    public async Task A_list_says_when_older_rows_were_not_searched(string page, string requests, string list)
    {
        await using var tab = await browser.OpenAsync();
        // Creating more than 50,000 rows would take minutes, so the flag is added to a real answer.
        await tab.Page.RouteAsync(requests, async route =>
        {
            var answer = await route.FetchAsync();
            var text = await answer.TextAsync();
            var body = text.Replace("\"total\":", "\"truncated\":true,\"total\":", StringComparison.Ordinal);
            await route.FulfillAsync(new() { Response = answer, Body = body });
        });
        await tab.LogInAsync("admin@notifyhub.com", "admin123", page);
        var notice = tab.Panel(list).GetByRole(AriaRole.Status);
        await Expect(notice).ToContainTextAsync("只搜尋了最新的 50,000 筆");

        await tab.Button("English").ClickAsync();
        await Expect(tab.Page.Locator(".truncated")).ToContainTextAsync("Only the newest 50,000 rows were searched");

        await tab.Page.UnrouteAllAsync();
        await tab.Page.ReloadAsync();
        await Expect(tab.Page.Locator(".list > :not(.loading)").First).ToBeVisibleAsync();
        await Expect(tab.Page.Locator(".truncated")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Requests_without_a_login_are_shown_as_sums()
    {
        using var stranger = browser.Hub.Rest();
        for (var i = 0; i < 12; i++) (await stranger.GetAsync("/api/audit")).Expect(HttpStatusCode.Unauthorized);
        await using var tab = await browser.LogInAsync("usage?view=requests");
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "未登入的請求" }).ClickAsync();
        var list = tab.Panel("未登入的請求");

        // Summed up once per second, after the answers; the twelve requests may fall into two minutes.
        await Until.TrueAsync(async () =>
        {
            await list.GetByRole(AriaRole.Button, new() { Name = "重新整理" }).ClickAsync();
            await Expect(list.Locator(".list")).ToHaveAttributeAsync("aria-busy", "false");
            var counts = await tab.Row("/api/audit").Locator("[data-label=請求數]").AllInnerTextsAsync();
            return counts.Sum(int.Parse) == 12;
        });
        await Expect(tab.Row("/api/audit").First).ToContainTextAsync("401");
    }
}
