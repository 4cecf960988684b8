using System.Net;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace NotifyHub.BrowserTests;

/// <summary>The guide's test page inside the console.</summary>
[Collection(typeof(SecondBrowser))]
public sealed class LiveTests(Browser browser)
{
    [Fact]
    public async Task It_connects_pings_shows_what_is_pushed_and_disconnects()
    {
        await using var tab = await browser.LogInAsync("live");
        var socket = tab.Panel("連線 1");
        await Expect(socket.Locator(".pill")).ToHaveTextAsync("未連線");
        await Button(socket, "發送 Ping").ClickAsync();
        await Expect(socket.Locator(".socket-log")).ToContainTextAsync("尚未連線，無法發送訊息");

        await Button(socket, "連線").ClickAsync();
        await Expect(socket.Locator(".pill")).ToHaveTextAsync("已連線");
        await Expect(socket.Locator(".socket-log")).ToContainTextAsync("WebSocket 連線成功！");
        await Button(socket, "發送 Ping").ClickAsync();
        await Expect(socket.Locator(".socket-log")).ToContainTextAsync("收到 Pong 回應");

        using var push = await browser.Hub.ConnectPushAsync();
        Assert.Equal("ok", await push.PushAsync("""{"type":"deployed","version":"<b>1.2.3</b>"}"""));
        await Expect(socket.Locator(".socket-log")).ToContainTextAsync("""收到訊息: {"type":"deployed","version":"<b>1.2.3</b>"}""");

        await Button(socket, "清除訊息").ClickAsync();
        await Expect(socket.Locator(".socket-log li")).ToHaveCountAsync(1);
        await Button(socket, "斷線").ClickAsync();
        await Expect(socket.Locator(".socket-log")).ToContainTextAsync("連線已關閉 (code: 1000");
        await Expect(socket.Locator(".pill")).ToHaveTextAsync("未連線");
    }

    [Fact]
    public async Task Several_sockets_listen_at_once_and_a_resuming_one_gets_what_it_missed()
    {
        using var admin = await browser.Hub.LogInAsync();
        await using var tab = await browser.LogInAsync("live");
        tab.MayComplain("WebSocket connection to");
        tab.MayComplain("WebSocket error");
        await tab.Button("新增連線").ClickAsync();
        var (plain, resuming) = (tab.Panel("連線 1"), tab.Panel("連線 2"));
        await resuming.GetByText("notifyhub.v1").ClickAsync();
        foreach (var socket in (ILocator[])[plain, resuming])
        {
            await Button(socket, "連線").ClickAsync();
            await Expect(socket.Locator(".pill")).ToHaveTextAsync("已連線");
        }

        using (var push = await browser.Hub.ConnectPushAsync()) Assert.Equal("ok", await push.PushAsync("""{"mark":"before"}"""));
        await Expect(plain.Locator(".socket-log")).ToContainTextAsync("before");
        await Expect(resuming.Locator(".socket-log")).ToContainTextAsync("before");
        try
        {
            (await admin.PostAsync("/api/system/websocket/stop")).Expect(HttpStatusCode.OK);
            await Expect(plain.Locator(".socket-log")).ToContainTextAsync("連線已關閉 (code: 1001, service stopped)");
            await Expect(resuming.Locator(".socket-log")).ToContainTextAsync("毫秒後重新連線");
            (await admin.PostAsync("/api/push", """{"mark":"meanwhile"}""")).Expect(HttpStatusCode.OK);
        }
        finally
        {
            (await admin.PostAsync("/api/system/websocket/start")).Expect(HttpStatusCode.OK);
        }

        await Expect(resuming.Locator(".socket-log")).ToContainTextAsync("meanwhile");
        await Expect(plain.Locator(".socket-log")).Not.ToContainTextAsync("meanwhile");
    }

    private static ILocator Button(ILocator socket, string name) =>
        socket.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });
}
