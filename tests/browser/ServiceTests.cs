using System.Globalization;
using System.Net;
using Microsoft.Playwright;
using NotifyHub.TestKit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace NotifyHub.BrowserTests;

/// <summary>The overview and its service card, against the running service.</summary>
[Collection(typeof(FirstBrowser))]
public sealed class ServiceTests(Browser browser)
{
    private NotifyHubProcess Hub => browser.Hub;

    [Fact]
    public async Task Stopping_the_service_closes_clients_and_starting_it_brings_it_back()
    {
        await using var tab = await browser.LogInAsync("scheduler");
        await using var client = await Hub.ConnectAsync();
        var card = tab.Panel("WebSocket 服務監控");
        var state = tab.Page.GetByTestId("service-state");
        try
        {
            await Expect(state).ToContainTextAsync("🟢");
            await Expect(state).ToContainTextAsync("服務正常運行");
            await Expect(card).ToContainTextAsync(Hub.WebSocketPort.ToString(CultureInfo.InvariantCulture));
            await Expect(card.GetByText("監聽中", new() { Exact = true })).ToHaveCountAsync(2);
            await Expect(card).ToContainTextAsync(Hub.Pid.ToString(CultureInfo.InvariantCulture));

            // Cancelling changes nothing.
            await tab.Button("停止服務").ClickAsync();
            await tab.ConfirmAsync("取消");
            await Expect(state).ToContainTextAsync("已啟動");

            await tab.Button("停止服務").ClickAsync();
            await tab.ConfirmAsync("停止服務");
            Assert.Equal((1001, "service stopped"), await client.WaitUntilClosedAsync());
            await Expect(state).ToContainTextAsync("🔴");
            await Expect(state).ToContainTextAsync("服務已停止");
            await Expect(card.GetByText("未監聽", new() { Exact = true })).ToHaveCountAsync(2);
            await Expect(tab.Button("重啟服務")).ToHaveCountAsync(0);

            await tab.ClickMenuAsync("總覽");
            await Expect(tab.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "前往啟動" })).ToBeVisibleAsync();
            await tab.Page.GetByText("前往啟動").ClickAsync();

            await tab.Button("啟動服務").ClickAsync();
            await tab.ConfirmAsync("啟動服務");
            await Expect(state).ToContainTextAsync("服務正常運行");
            await Expect(card.GetByText("監聽中", new() { Exact = true })).ToHaveCountAsync(2);
            await using var again = await Hub.ConnectAsync();
        }
        finally
        {
            using var admin = await Hub.LogInAsync();
            (await admin.PostAsync("/api/system/websocket/start")).Expect(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task A_restart_closes_clients_with_1012_and_leaves_the_service_running()
    {
        await using var tab = await browser.LogInAsync("scheduler");
        await using var client = await Hub.ConnectAsync();

        await tab.Button("重啟服務").ClickAsync();
        await tab.ConfirmAsync("重啟服務");

        Assert.Equal(1012, (await client.WaitUntilClosedAsync()).Code);
        await Expect(tab.Page.GetByTestId("service-state")).ToContainTextAsync("服務正常運行");
    }

    [Fact]
    public async Task Details_and_nodes_are_shown_and_a_refresh_asks_at_once()
    {
        await using var tab = await browser.LogInAsync("scheduler");
        var card = tab.Panel("WebSocket 服務監控");
        await card.GetByText("顯示詳細資訊").ClickAsync();
        await Expect(card.Locator("#service-details")).ToContainTextAsync("NotifyHub.Gateway");
        await Expect(tab.Panel("網格節點").Locator("tbody tr")).ToHaveCountAsync(1);

        var asked = tab.Page.WaitForRequestAsync("**/api/system/websocket/status");
        await card.GetByRole(AriaRole.Button, new() { Name = "重新整理" }).ClickAsync();
        await asked;
    }

    [Fact]
    public async Task The_overview_lives()
    {
        await using var tab = await browser.LogInAsync();
        var connections = tab.Panel("活躍連線").Locator(".tile-value");
        await Expect(connections).Not.ToHaveTextAsync("—");
        await using var first = await Hub.ConnectAsync();
        await using var second = await Hub.ConnectAsync();

        await Until.TrueAsync(async () => int.Parse(await connections.InnerTextAsync(), CultureInfo.InvariantCulture) >= 2);
        using (var push = await Hub.ConnectPushAsync())
        {
            // Until the rate shows: it is computed every few seconds.
            var published = tab.Panel("每秒發布").Locator(".tile-value");
            await Until.TrueAsync(async () =>
            {
                Assert.Equal("ok", await push.PushAsync("""{"type":"test"}"""));
                return await published.InnerTextAsync() != "0";
            });
        }

        await Expect(tab.Page.Locator(".chart svg path").First).ToBeAttachedAsync();
        await Expect(tab.Panel("健康狀態").Locator("li.ok").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Without_the_gateway_the_page_keeps_its_data_and_recovers()
    {
        await using var tab = await browser.LogInAsync();
        tab.MayComplain("Failed to load resource");
        await Expect(tab.Panel("活躍連線").Locator(".tile-value")).ToBeVisibleAsync();

        await tab.Page.RouteAsync("**/api/**", route => route.AbortAsync());
        await Expect(tab.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "無法連線到 NotifyHub" })).ToBeVisibleAsync();
        await Expect(tab.Panel("活躍連線").Locator(".tile-value")).ToBeVisibleAsync();

        await tab.Page.UnrouteAsync("**/api/**");
        await Expect(tab.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "無法連線到 NotifyHub" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_operator_is_offered_what_the_API_allows_and_nothing_that_it_refuses()
    {
        var (_, email) = await People.AddAsync(Hub, "operator", "some-password");
        await using var client = await Hub.ConnectAsync();
        await using var tab = await browser.OpenAsync();
        await tab.LogInAsync(email, "some-password", "scheduler");

        await Expect(tab.Button("新增排程")).ToBeVisibleAsync();
        await Expect(tab.Page.GetByText("您的角色無權控制服務。")).ToBeVisibleAsync();
        foreach (var button in (string[])["停止服務", "重啟服務"]) await Expect(tab.Button(button)).ToHaveCountAsync(0);
        await tab.ClickMenuAsync("API 使用紀錄");
        await Expect(tab.Row(client.UserAgent)).ToBeVisibleAsync();
        await Expect(tab.Page.GetByRole(AriaRole.Button, new() { Name = "中斷連線" })).ToHaveCountAsync(0);
        await tab.ClickMenuAsync("通知");
        await Expect(tab.Button("發送通知")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_viewer_sees_everything_and_can_do_nothing()
    {
        var (_, email) = await People.AddAsync(Hub, "viewer", "some-password");
        await using var tab = await browser.OpenAsync();
        await tab.LogInAsync(email, "some-password", "scheduler");

        await Expect(tab.Page.GetByTestId("service-state")).ToBeVisibleAsync();
        await Expect(tab.Page.GetByText("您的角色無權控制服務。")).ToBeVisibleAsync();
        foreach (var button in (string[])["停止服務", "重啟服務", "新增排程"]) await Expect(tab.Button(button)).ToHaveCountAsync(0);
        await Expect(tab.Page.Locator(".nav-item")).ToHaveCountAsync(5);
        await tab.ClickMenuAsync("通知");
        await Expect(tab.Button("發送通知")).ToHaveCountAsync(0);
        await tab.GoAsync("users");
        await Expect(tab.Page.GetByText("沒有權限")).ToBeVisibleAsync();
    }
}
