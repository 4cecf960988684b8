using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using NotifyHub.TestKit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace NotifyHub.BrowserTests;

/// <summary>Every page in both languages, light and dark, narrow and wide, by keyboard and for screen readers.</summary>
[Collection(typeof(FirstBrowser))]
public sealed class LookTests(Browser browser)
{
    private static readonly (string Path, string Name)[] Pages =
    [
        ("", "總覽"), ("scheduler", "排程器管理"), ("usage", "API 使用紀錄"), ("usage?view=requests", "API 使用紀錄"),
        ("usage?view=anonymous", "API 使用紀錄"), ("notifications", "通知"), ("live", "即時測試"), ("keys", "API 金鑰"),
        ("users", "使用者"), ("namespaces", "頻道命名空間"), ("settings", "設定"),
    ];

    [Theory]
    [InlineData(1600, false)]
    [InlineData(375, true)]
    public async Task Every_page_fits_its_window_and_passes_the_checks_for_accessibility(int width, bool dark)
    {
        await using var traffic = await Traffic.StartAsync(browser.Hub);
        await using var tab = await browser.OpenAsync(new TabOptions(width, 900, dark));
        List<string> faults = [];
        await tab.GoAsync("login");
        faults.AddRange(await FaultsAsync(tab));
        await tab.LogInAsync("admin@notifyhub.com", "admin123");
        foreach (var (path, name) in Pages)
        {
            await tab.GoWithinAsync(path);
            await Expect(tab.Page.Locator("h1")).ToHaveTextAsync(name);
            await Expect(tab.Page.Locator(".loading")).ToHaveCountAsync(0);
            await tab.ExpectNoSidewaysScrollAsync();
            faults.AddRange(await FaultsAsync(tab));
        }

        Assert.True(faults.Count == 0, string.Join("\n", faults));
    }

    [Fact]
    public async Task Dialogs_pass_the_checks_for_accessibility_too()
    {
        List<string> faults = [];
        await using var tab = await browser.LogInAsync("notifications");
        foreach (var (path, button) in new[]
            {
                ("notifications", "發送通知"), ("scheduler", "新增排程"), ("users", "新增使用者"), ("keys", "建立金鑰"),
                ("namespaces", "新增命名空間"),
            })
        {
            await tab.GoWithinAsync(path);
            await tab.Button(button).ClickAsync();
            await Expect(tab.Dialog).ToBeVisibleAsync();
            faults.AddRange(await FaultsAsync(tab));
            await tab.Page.Keyboard.PressAsync("Escape");
            await Expect(tab.Dialog).ToHaveCountAsync(0);
        }

        Assert.True(faults.Count == 0, string.Join("\n", faults));
    }

    [Fact]
    public async Task The_question_before_an_act_passes_them_as_well()
    {
        await using var tab = await browser.LogInAsync("scheduler");
        await tab.Button("停止服務").ClickAsync();
        await Expect(tab.Dialog).ToBeVisibleAsync();
        var faults = await FaultsAsync(tab);
        await tab.Page.Keyboard.PressAsync("Escape");
        Assert.True(!faults.Any(), string.Join("\n", faults));
    }

    [Fact]
    public async Task The_language_is_switched_at_once_and_stays()
    {
        await using var tab = await browser.LogInAsync("scheduler");
        await tab.Button("English").ClickAsync();

        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Scheduler");
        await Expect(tab.Page.GetByTestId("service-state")).ToContainTextAsync("The service is running normally");
        // Texts of the server change with its next answer.
        await tab.Panel("WebSocket service").GetByRole(AriaRole.Button, new() { Name = "Refresh" }).ClickAsync();
        await Expect(tab.Page.Locator(".checks").First).ToContainTextAsync("The WebSocket service is running");
        Assert.Equal("en", await tab.Page.EvaluateAsync<string>("document.documentElement.lang"));

        await tab.Page.ReloadAsync();
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("Scheduler");
        await tab.Button("繁體中文").ClickAsync();
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("排程器管理");
    }

    [Fact]
    public async Task Colours_follow_the_system_until_one_is_chosen()
    {
        await using var tab = await browser.LogInAsync();
        const string Ground = "getComputedStyle(document.querySelector('.tile')).backgroundColor";
        Assert.Equal("rgb(255, 255, 255)", await tab.Page.EvaluateAsync<string>(Ground));

        await tab.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await Until.TrueAsync(async () => await tab.Page.EvaluateAsync<string>(Ground) == "rgb(23, 32, 44)");
        await tab.Button("配色").ClickAsync();
        await tab.Page.GetByText("淺色", new() { Exact = true }).ClickAsync();
        await Until.TrueAsync(async () => await tab.Page.EvaluateAsync<string>(Ground) == "rgb(255, 255, 255)");
    }

    [Fact]
    public async Task The_menu_opens_and_closes_on_a_narrow_screen()
    {
        await using var tab = await browser.LogInAsync("notifications", new TabOptions(375, 812));
        var link = tab.Page.Locator("nav").GetByRole(AriaRole.Link, new() { Name = "即時測試" });
        await Expect(link).Not.ToBeInViewportAsync();

        await tab.Button("選單").ClickAsync();
        await link.ClickAsync();

        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("即時測試");
        await Expect(link).Not.ToBeInViewportAsync();
    }

    [Fact]
    public async Task The_main_way_is_walked_by_keyboard_alone()
    {
        var title = $"keyboard-{Guid.NewGuid():N}";
        await using var tab = await browser.OpenAsync();
        var keys = tab.Page.Keyboard;
        await tab.GoAsync("login");
        await Expect(tab.Page.Locator("input[autocomplete=username]")).ToBeFocusedAsync();
        await keys.TypeAsync("admin@notifyhub.com");
        await keys.PressAsync("Tab");
        await keys.TypeAsync("admin123");
        await keys.PressAsync("Enter");
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("總覽");

        await TabToAsync(tab, "通知");
        await keys.PressAsync("Enter");
        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("通知");
        await TabToAsync(tab, "發送通知");
        await keys.PressAsync("Enter");
        await Expect(tab.Dialog.GetByLabel("標題")).ToBeFocusedAsync();
        await keys.TypeAsync(title);
        await keys.PressAsync("Tab");
        await keys.TypeAsync("by keyboard");
        await TabToAsync(tab, "發送");
        await keys.PressAsync("Enter");

        await Expect(tab.Dialog).ToHaveCountAsync(0);
        await Expect(tab.Row(title)).ToBeVisibleAsync();

        await tab.Button("帳號：Administrator").FocusAsync();
        await keys.PressAsync("Enter");
        await Expect(tab.Page.GetByRole(AriaRole.Menuitem, new() { Name = "登出" })).ToBeVisibleAsync();
        await keys.PressAsync("ArrowUp");
        await keys.PressAsync("Enter");
        await Expect(tab.Page.Locator("input[autocomplete=username]")).ToBeVisibleAsync();
    }

    private static async Task TabToAsync(Tab tab, string text)
    {
        for (var i = 0; i < 60; i++)
        {
            await tab.Page.Keyboard.PressAsync("Tab");
            if (await tab.Page.EvaluateAsync<string>(
                "(document.activeElement?.innerText || document.activeElement?.ariaLabel || '').trim()") == text) return;
        }

        Assert.Fail($"'{text}' was not reached by the Tab key.");
    }

    private static async Task<IEnumerable<string>> FaultsAsync(Tab tab)
    {
        var options = new AxeRunOptions
        {
            RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] },
        };
        var result = await tab.Page.RunAxe(options);
        return result.Violations.Select(
            fault => $"{tab.Page.Url} {fault.Id}: {fault.Help}\n  {string.Join("\n  ", fault.Nodes.Select(node => node.Html))}");
    }
}
