using Microsoft.Playwright;
using NotifyHub.TestKit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace NotifyHub.BrowserTests;

/// <summary>A live test leaves nothing running, however the page is left.</summary>
[Collection(typeof(SecondBrowser))]
public sealed class GhostTests(Browser browser)
{
    [Fact]
    public async Task Visits_to_the_live_test_leave_no_connections()
    {
        await using var hub = await NotifyHubProcess.StartAsync(("ConsolePort", "0"));
        await using var tab = await browser.LogInAsync(hub, "live");
        for (var visit = 0; visit < 3; visit++)
        {
            await ConnectAsync(tab);
            await ExpectClientsAsync(hub, 1);
            await tab.ClickMenuAsync("總覽");
            await ExpectClientsAsync(hub, 0);
            await tab.ClickMenuAsync("即時測試");
        }
    }

    [Theory]
    [InlineData("logout")]
    [InlineData("reload")]
    [InlineData("close")]
    [InlineData("remove")]
    public async Task However_the_page_is_left_its_connections_end(string way)
    {
        await using var hub = await NotifyHubProcess.StartAsync(("ConsolePort", "0"));
        await using var tab = await browser.LogInAsync(hub, "live");
        await ConnectAsync(tab);
        await tab.Button("新增連線").ClickAsync();
        await ConnectAsync(tab, "連線 2");
        await ExpectClientsAsync(hub, 2);

        switch (way)
        {
            case "logout":
                await tab.Button("帳號：Administrator").ClickAsync();
                await tab.Page.GetByRole(AriaRole.Menuitem, new() { Name = "登出" }).ClickAsync();
                break;
            case "reload":
                await tab.Page.ReloadAsync();
                break;
            case "close":
                await tab.Page.CloseAsync();
                break;
            case "remove":
                await tab.Panel("連線 2").GetByRole(AriaRole.Button, new() { Name = "移除：連線 2" }).ClickAsync();
                await ExpectClientsAsync(hub, 1);
                await tab.GoWithinAsync("notifications");
                break;
        }

        await ExpectClientsAsync(hub, 0);
    }

    private static async Task ConnectAsync(Tab tab, string panel = "連線 1")
    {
        var pill = tab.Panel(panel).Locator(".pill");
        for (var attempt = 1; ; attempt++)
        {
            await tab.Panel(panel).GetByRole(AriaRole.Button, new() { Name = "連線", Exact = true }).ClickAsync();
            try
            {
                await Expect(pill).ToHaveTextAsync("已連線", new() { Timeout = 20_000 });
                return;
            }
            catch (PlaywrightException) when (attempt < 9)
            {
                // A gateway on a busy machine may have turned the first connection away.
                if (await pill.TextContentAsync() == "已連線") return;
            }
        }
    }

    private static async Task ExpectClientsAsync(NotifyHubProcess hub, int clients)
    {
        using var rest = hub.Rest();
        await Until.TrueAsync(async () => (await rest.StatusAsync()).GetProperty("active_connections").GetInt32() == clients);
    }
}
