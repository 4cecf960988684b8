using System.Net;
using System.Text.Json;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace NotifyHub.BrowserTests;

[Collection(typeof(SecondBrowser))]
public sealed class NotificationTests(Browser browser)
{
    [Fact]
    public async Task A_notification_is_previewed_checked_sent_and_seen_by_a_client()
    {
        var title = $"sent-{Guid.NewGuid():N}";
        await using var client = await browser.Hub.ConnectAsync();
        await using var tab = await browser.LogInAsync("notifications");
        await tab.Button("發送通知").ClickAsync();

        await tab.Button("發送").ClickAsync();
        await Expect(tab.Dialog.GetByText("必填", new() { Exact = true })).ToHaveCountAsync(2);

        await tab.Dialog.GetByLabel("標題").FillAsync(title);
        await tab.Dialog.GetByLabel("訊息").FillAsync("第一行\n第二行");
        await tab.Dialog.GetByLabel("嚴重程度").SelectOptionAsync("critical");
        await tab.Dialog.GetByText("更多欄位").ClickAsync();
        await tab.Dialog.GetByLabel("動作連結").FillAsync("javascript:alert(1)");
        await Expect(tab.Dialog.Locator(".toast strong")).ToHaveTextAsync(title);
        await Expect(tab.Dialog.Locator(".toast a")).ToHaveCountAsync(0);
        await tab.Button("發送").ClickAsync();
        await Expect(tab.Dialog).ToContainTextAsync("只接受 http:// 或 https:// 連結");
        await tab.Dialog.GetByLabel("動作連結").FillAsync("https://example.com/runbook");
        await Expect(tab.Dialog.Locator(".toast a")).ToHaveAttributeAsync("href", "https://example.com/runbook");
        await tab.Button("發送").ClickAsync();
        await Expect(tab.Dialog).ToHaveCountAsync(0);

        var received = JsonElement.Parse(
            (await client.NextUntilAsync(text => text.Contains(title, StringComparison.Ordinal)))[^1]).GetProperty("data");
        Assert.Equal(
            ("critical", "第一行\n第二行"),
            (received.GetProperty("severity").GetString(), received.GetProperty("message").GetString()));
        await tab.Button("重新整理").ClickAsync();
        await Expect(tab.Row(title)).ToBeVisibleAsync();
        // The list refreshes by itself; other clients may be connected as well.
        await Expect(tab.Row(title).Locator("td[data-label=送達數]"))
            .ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^[1-9]"));
        await tab.Row(title).Locator(".row-link").ClickAsync();
        await Expect(tab.Dialog.Locator("dd").Filter(new() { HasText = "個客戶端" }))
            .ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^[1-9]"));
    }

    [Fact]
    public async Task The_list_is_searched_filtered_and_worked_on()
    {
        var mark = Guid.NewGuid().ToString("N");
        await SendAsync([.. Enumerable.Range(1, 25)
            .Select(i => new { title = $"{mark} {i}", message = "m", severity = i == 7 ? "error" : "info" })]);
        // Otherwise there might be 25 in all, and the search would seem finished before it begins.
        await SendAsync([new { title = "another", message = "m" }]);
        await using var tab = await browser.LogInAsync("notifications");
        var list = tab.Panel("通知");

        await list.GetByLabel("搜尋").FillAsync(mark);
        await Expect(list.Locator(".pager")).ToContainTextAsync("第 1–20 筆，共 25 筆");
        await list.GetByRole(AriaRole.Button, new() { Name = "下一頁" }).ClickAsync();
        await Expect(list.Locator("tbody tr")).ToHaveCountAsync(5);
        await list.GetByLabel("嚴重程度").SelectOptionAsync("error");
        await Expect(list.Locator("tbody tr")).ToHaveCountAsync(1);
        await Expect(tab.Row($"{mark} 7")).ToBeVisibleAsync();

        await tab.Button($"標為已讀：{mark} 7").ClickAsync();
        await Expect(tab.Row($"{mark} 7")).ToContainTextAsync("已讀");
        await tab.Button($"忽略：{mark} 7").ClickAsync();
        await Expect(tab.Row($"{mark} 7")).ToContainTextAsync("已忽略");
        await tab.Button($"刪除：{mark} 7").ClickAsync();
        await tab.ConfirmAsync("刪除");
        await Expect(list.GetByText("沒有符合的項目")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Text_that_looks_like_a_page_stays_text()
    {
        var mark = Guid.NewGuid().ToString("N");
        var title = $"<img src=x onerror=\"document.title='{mark}'\">";
        await SendAsync([new { title, message = $"<script>document.title='{mark}'</script>javascript:document.title='{mark}'" }]);
        await using var tab = await browser.LogInAsync("notifications");

        await Expect(tab.Row(title)).ToBeVisibleAsync();
        await tab.Row(title).Locator(".row-link").ClickAsync();
        await Expect(tab.Dialog.Locator("h3")).ToContainTextAsync(title);
        await Expect(tab.Dialog.GetByText($"<script>document.title='{mark}'</script>javascript:")).ToBeVisibleAsync();

        Assert.Equal(0, await tab.Dialog.Locator("a").CountAsync());
        Assert.Equal(0, await tab.Page.Locator("img[src=x]").CountAsync());
        Assert.Equal("通知 – NotifyHub", await tab.Page.TitleAsync());
    }

    private async Task SendAsync(object[] notifications)
    {
        using var admin = await browser.Hub.LogInAsync();
        (await admin.PostAsync("/api/notifications/windows/batch", JsonSerializer.Serialize(notifications)))
            .Expect(HttpStatusCode.Created);
    }
}
