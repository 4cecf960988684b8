using System.Net;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace NotifyHub.BrowserTests;

/// <summary>API keys, users and settings.</summary>
[Collection(typeof(SecondBrowser))]
public sealed class AdministrationTests(Browser browser)
{
    [Fact]
    public async Task A_key_is_shown_once_works_and_is_revoked()
    {
        var name = $"key-{Guid.NewGuid():N}";
        await using var tab = await browser.LogInAsync("keys");
        await tab.Button("建立金鑰").ClickAsync();
        await tab.Dialog.GetByLabel("名稱（例如使用此金鑰的服務）").FillAsync(name);
        await tab.Dialog.GetByLabel("發送").UncheckAsync();
        await tab.Dialog.GetByLabel("讀取").UncheckAsync();
        await tab.Button("建立").ClickAsync();
        await Expect(tab.Dialog.GetByRole(AriaRole.Alert)).ToHaveTextAsync("請至少選擇一項權限");
        await tab.Dialog.GetByLabel("發送").CheckAsync();
        await tab.Button("建立").ClickAsync();
        await Expect(tab.Dialog).ToContainTextAsync("金鑰只會顯示這一次");
        var secret = await tab.Page.GetByTestId("secret").InnerTextAsync();
        await tab.ConfirmAsync("關閉");

        using var service = browser.Hub.Rest();
        service.ApiKey = secret;
        (await service.PostAsync("/api/push", """{"type":"test"}""")).Expect(HttpStatusCode.OK);
        (await service.GetAsync("/api/notifications/windows")).Expect(HttpStatusCode.Forbidden);
        await Expect(tab.Page.GetByText(secret)).ToHaveCountAsync(0);
        await Expect(tab.Row(name)).ToContainTextAsync("發送");

        await tab.Button($"撤銷：{name}").ClickAsync();
        await tab.ConfirmAsync("撤銷");
        await Expect(tab.Row(name)).ToContainTextAsync("已撤銷");
        (await service.PostAsync("/api/push", """{"type":"test"}""")).Expect(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_user_is_added_changed_given_a_password_and_disabled()
    {
        var name = $"user-{Guid.NewGuid():N}";
        var email = $"{name}@notifyhub.com";
        await using var tab = await browser.LogInAsync("users");
        tab.MayComplain("409");
        await tab.Button("新增使用者").ClickAsync();
        await tab.Button("儲存").ClickAsync();
        await Expect(tab.Dialog).ToContainTextAsync("電子郵件格式不正確");
        await tab.Dialog.GetByLabel("名稱").FillAsync(name);
        await tab.Dialog.GetByLabel("電子郵件").FillAsync("admin@notifyhub.com");
        await tab.Dialog.GetByLabel("密碼").FillAsync("some-password");
        await tab.Button("儲存").ClickAsync();
        await Expect(tab.Dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("此電子郵件已被使用");
        await tab.Dialog.GetByLabel("電子郵件").FillAsync(email);
        await tab.Button("儲存").ClickAsync();
        await Expect(tab.Dialog).ToHaveCountAsync(0);
        await tab.Page.GetByLabel("搜尋").FillAsync(name);
        await Expect(tab.Row(email)).ToContainTextAsync("檢視者");

        await tab.Button($"編輯：{name}").ClickAsync();
        await tab.Dialog.GetByLabel("角色").SelectOptionAsync("operator");
        await tab.Button("儲存").ClickAsync();
        await Expect(tab.Row(email)).ToContainTextAsync("操作員");

        await tab.Button($"重設密碼：{name}").ClickAsync();
        await tab.Dialog.GetByLabel("新密碼").FillAsync("other-password");
        await tab.ConfirmAsync("儲存");
        using var rest = browser.Hub.Rest();
        await rest.LogInAsync(email, "other-password");

        await tab.Button($"停用：{name}").ClickAsync();
        await tab.ConfirmAsync("停用");
        await Expect(tab.Row(email)).ToContainTextAsync("已停用");
        await tab.Button($"啟用：{name}").ClickAsync();
        await Expect(tab.Row(email)).ToContainTextAsync("使用中");
    }

    [Fact]
    public async Task Settings_are_shown_with_their_source_and_without_secrets()
    {
        await using var tab = await browser.LogInAsync("settings");
        var list = tab.Panel("設定");
        ILocator Setting(string name) =>
            list.Locator("tbody tr").Filter(new() { Has = tab.Page.Locator("strong").GetByText(name, new() { Exact = true }) });
        await Expect(Setting("BacklogBytes")).ToContainTextAsync("預設");
        await Expect(Setting("BacklogBytes")).ToContainTextAsync("客戶端最多可落後");
        await Expect(Setting("WebSocketPort")).ToContainTextAsync("環境變數");

        await list.GetByLabel("搜尋").FillAsync("LoginFailuresPerMinute");
        await Expect(list.Locator("tbody tr")).ToHaveCountAsync(1);
        await list.GetByLabel("只顯示非預設值").CheckAsync();
        await Expect(list.GetByText("沒有符合的項目")).ToBeVisibleAsync();
    }
}
