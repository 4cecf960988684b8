using System.Net;
using System.Text.Json;
using Microsoft.Playwright;
using NotifyHub.TestKit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace NotifyHub.BrowserTests;

[Collection(typeof(SecondBrowser))]
public sealed class LoginTests(Browser browser)
{
    [Fact]
    public async Task Without_a_login_the_page_redirects_to_login_and_back()
    {
        await using var tab = await browser.OpenAsync();
        await tab.GoAsync("notifications");
        await Expect(tab.Page).ToHaveURLAsync($"http://localhost:{browser.Hub.ConsolePort}/login?return=notifications");

        await tab.SubmitLoginAsync("admin@notifyhub.com", "admin123");

        await Expect(tab.Page.GetByRole(AriaRole.Heading, new() { Name = "通知", Level = 1 })).ToBeVisibleAsync();
        await Expect(tab.Page.Locator(".banner")).ToContainTextAsync("您仍在使用眾所皆知的預設密碼");

        // A reload keeps the login; a logout ends it.
        await tab.Page.ReloadAsync();
        await Expect(tab.Page.GetByRole(AriaRole.Heading, new() { Name = "通知", Level = 1 })).ToBeVisibleAsync();
        await tab.Button("帳號：Administrator").ClickAsync();
        await tab.Page.GetByText("登出", new() { Exact = true }).ClickAsync();
        await Expect(tab.Page.Locator("input[autocomplete=username]")).ToBeVisibleAsync();
        Assert.Null(await tab.Page.EvaluateAsync<string?>("sessionStorage.getItem('notifyhub.token')"));
    }

    [Fact]
    public async Task A_wrong_password_says_so_and_too_many_say_how_long_to_wait()
    {
        await using var tab = await browser.OpenAsync();
        tab.MayComplain("401");
        tab.MayComplain("429");
        await tab.GoAsync("login");

        await tab.SubmitLoginAsync("nobody@notifyhub.com", "wrong");
        await Expect(tab.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("電子郵件或密碼錯誤");

        // Sent by the browser: failures count per address, and another client may have another address.
        await Until.TrueAsync(async () => await tab.Page.EvaluateAsync<int>(
            """
            async () => (await fetch('/api/auth/login', {
              method: 'POST',
              headers: { 'Content-Type': 'application/json' },
              body: JSON.stringify({ email: 'nobody@notifyhub.com', password: 'wrong' }),
            })).status
            """) == 429);
        await tab.Page.Locator("form button[type=submit]").ClickAsync();
        await Expect(tab.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("秒後可再試");
        await Expect(tab.Page.Locator("form button[type=submit]")).ToBeDisabledAsync();
    }

    [Fact]
    public async Task An_expired_login_is_shown_and_login_returns_there()
    {
        var (id, email) = await People.AddAsync(browser.Hub, "viewer", "first-password");
        await using var tab = await browser.OpenAsync();
        tab.MayComplain("401");
        await tab.LogInAsync(email, "first-password", "usage?view=requests");
        await tab.ClickMenuAsync("通知");

        using var admin = await browser.Hub.LogInAsync();
        (await admin.PostAsync($"/api/users/{id}/password", """{"password":"second-password"}""")).Expect(HttpStatusCode.OK);

        // The list refreshes by itself, and its request is refused because the token was revoked.
        await Expect(tab.Page.Locator(".login .notice")).ToContainTextAsync("登入已逾期或已失效");
        await tab.SubmitLoginAsync(email, "second-password");
        await Expect(tab.Page.GetByRole(AriaRole.Heading, new() { Name = "通知", Level = 1 })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Everybody_can_change_their_own_password()
    {
        var (_, email) = await People.AddAsync(browser.Hub, "viewer", "first-password");
        await using var tab = await browser.OpenAsync();
        tab.MayComplain("400");
        // A request that was sent with the old token just before it became invalid.
        tab.MayComplain("401");
        await tab.LogInAsync(email, "first-password");
        await tab.Button("帳號：Some viewer").ClickAsync();
        await tab.Page.Locator(".mud-menu-item").Filter(new() { HasText = "變更密碼" }).ClickAsync();

        await tab.Dialog.GetByLabel("目前密碼").FillAsync("wrong-password");
        await tab.Dialog.GetByLabel("新密碼", new() { Exact = true }).FillAsync("second-password");
        await tab.Dialog.GetByLabel("再次輸入新密碼").FillAsync("second");
        await tab.Button("儲存").ClickAsync();
        await Expect(tab.Dialog).ToContainTextAsync("兩次輸入的密碼不一致");

        await tab.Dialog.GetByLabel("再次輸入新密碼").FillAsync("second-password");
        await tab.Button("儲存").ClickAsync();
        await Expect(tab.Dialog.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();

        await tab.Dialog.GetByLabel("目前密碼").FillAsync("first-password");
        await tab.Button("儲存").ClickAsync();
        await Expect(tab.Dialog).ToHaveCountAsync(0);

        // The tab continues with its new token, and the new password is valid.
        await tab.ClickMenuAsync("API 使用紀錄");
        using var rest = browser.Hub.Rest();
        await rest.LogInAsync(email, "second-password");
        Assert.Equal(JsonValueKind.String, (await rest.GetAsync("/api/auth/me")).Data.GetProperty("email").ValueKind);
    }
}
