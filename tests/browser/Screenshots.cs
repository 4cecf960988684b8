using Microsoft.Playwright;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.BrowserTests;

/// <summary>Screenshots of every page. Run by scripts/screenshots, not with the tests.</summary>
[Collection(typeof(FirstBrowser))]
public sealed class Screenshots(Browser browser)
{
    private static readonly (string Name, string Path)[] Pages =
    [
        ("overview", ""), ("scheduler", "scheduler"), ("usage", "usage"), ("requests", "usage?view=requests"),
        ("anonymous", "usage?view=anonymous"), ("notifications", "notifications"),
        ("live", "live"), ("keys", "keys"), ("users", "users"), ("settings", "settings"),
    ];

    [Fact(Explicit = true)]
    public Task Wide() => ShootAllAsync("wide", new TabOptions(1440, 900));

    [Fact(Explicit = true)]
    public Task Narrow() => ShootAllAsync("narrow", new TabOptions(375, 812));

    [Fact(Explicit = true)]
    public Task Dark() => ShootAllAsync("dark", new TabOptions(1440, 900, Dark: true));

    [Fact(Explicit = true)]
    public Task English() => ShootAllAsync("english", new TabOptions(1440, 900, Language: "en"));

    [Fact(Explicit = true)]
    public Task NarrowDarkEnglish() => ShootAllAsync("narrow-dark-english", new TabOptions(375, 812, Dark: true, Language: "en"));

    [Theory(Explicit = true)]
    [InlineData("operator")]
    [InlineData("viewer")]
    public Task Roles(string role) => ShootAllAsync(role, new TabOptions(1440, 900), role);

    private async Task ShootAllAsync(string kind, TabOptions options, string role = "administrator")
    {
        var folder = Directory.CreateDirectory(Checkout.PathOf($"artifacts/screenshots/{kind}")).FullName;
        await using var grid = await Traffic.StartAsync(browser.Hub);
        await using var tab = await browser.OpenAsync(options);
        await tab.GoAsync("login");
        await ShootAsync(tab, folder, "login");
        const string Password = "a-password-of-its-own";
        var isAdministrator = role == "administrator";
        if (isAdministrator) await tab.LogInAsync("admin@notifyhub.com", "admin123");
        else await tab.LogInAsync((await People.AddAsync(browser.Hub, role, Password)).Email, Password);
        foreach (var (name, path) in Pages)
        {
            await tab.GoAsync(path);
            await tab.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            if (name == "overview") await Traffic.FillChartsAsync();
            if (name == "live") await LiveAsync(tab);
            await ShootAsync(tab, folder, name);
            if (name == "scheduler" && isAdministrator) await ShootFocusAsync(tab, folder);
        }
    }

    /// <summary>The focus outline of a link, a button, a row and a field, and the confirmation of a command.</summary>
    private static async Task ShootFocusAsync(Tab tab, string folder)
    {
        foreach (var (name, element) in new[]
        {
            ("focus-link", tab.Page.Locator(".brand")), ("focus-button", tab.Page.Locator(".service .panel-foot button").First),
            ("focus-row", tab.Page.Locator(".row-link").First), ("focus-choice", tab.Page.Locator(".choice select").First),
        })
        {
            await element.ScrollIntoViewIfNeededAsync();
            // Browsers show the focus outline only after a key press.
            await tab.Page.Keyboard.PressAsync("Shift");
            await element.FocusAsync();
            await ShootAsync(tab, folder, name, fullPage: false);
        }

        await tab.Page.Locator(".service .panel-foot button").Nth(1).FocusAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(tab.Dialog).ToBeVisibleAsync();
        await ShootAsync(tab, folder, "confirm", fullPage: false);
        await tab.Page.Keyboard.PressAsync("Escape");
    }

    private static async Task LiveAsync(Tab tab)
    {
        await tab.Page.Locator(".socket-buttons button").First.ClickAsync();
        await Assertions.Expect(tab.Page.Locator(".socket-log li.good").First).ToBeVisibleAsync();
        await tab.Page.Locator(".socket-buttons button").Nth(2).ClickAsync();
        await Assertions.Expect(tab.Page.Locator(".socket-log")).ToContainTextAsync("pong");
    }

    private static async Task ShootAsync(Tab tab, string folder, string name, bool fullPage = true) =>
        await tab.Page.ScreenshotAsync(new()
        {
            Path = Path.Combine(folder, $"{name}.png"),
            FullPage = fullPage,
            Animations = ScreenshotAnimations.Disabled,
        });
}
