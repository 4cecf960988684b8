using NotifyHub.TestKit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace NotifyHub.BrowserTests;

/// <summary>The console is served by one host and calls the API of another.</summary>
[Collection(typeof(FirstBrowser))]
public sealed class ElsewhereTests(Browser browser)
{
    [Fact]
    public async Task A_console_that_is_hosted_elsewhere_works_with_a_gateway_that_knows_its_origin()
    {
        await using var grid = await NotifyHubProcess.StartAsync(
            ("ApiOrigins__0", $"http://localhost:{browser.Hub.ConsolePort}"));
        // The gateway's own content security policy allows no other API; another host would send its own headers.
        await using var tab = await browser.OpenAsync(new TabOptions(IgnorePolicy: true));
        tab.MayComplain("401");
        await tab.Page.RouteAsync("**/appsettings.json", route => route.FulfillAsync(new()
        {
            ContentType = "application/json",
            Body = $$"""{"ApiBase":"http://localhost:{{grid.WebSocketPort}}"}""",
        }));

        await tab.LogInAsync("admin@notifyhub.com", "admin123", "scheduler");

        await Expect(tab.Page.GetByTestId("service-state")).ToContainTextAsync("服務正常運行");
        await Expect(tab.Panel("WebSocket 服務監控")).ToContainTextAsync($"{grid.Pid}");
        await tab.ClickMenuAsync("即時測試");
        await Expect(tab.Page.GetByLabel("WebSocket 位址")).ToHaveValueAsync($"ws://localhost:{grid.WebSocketPort}/");
    }
}
