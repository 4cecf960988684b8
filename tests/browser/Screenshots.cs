using System.Runtime.CompilerServices;
using Microsoft.Playwright;
using Xunit;

namespace NotifyHub.BrowserTests;

/// <summary>Pictures of every page for people to look at; run by scripts/screenshots, not with the tests.</summary>
public sealed class Screenshots(Browser browser)
{
    private static readonly (string Name, string Path)[] Pages =
    [
        ("overview", ""), ("scheduler", "scheduler"), ("usage", "usage"), ("requests", "usage?view=requests"), ("notifications", "notifications"),
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

    private async Task ShootAllAsync(string kind, TabOptions options)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Root(), "artifacts", "screenshots", kind)).FullName;
        await using var grid = await Traffic.StartAsync(browser.Hub);
        await using var tab = await browser.OpenAsync(options);
        await tab.GoAsync("login");
        await ShootAsync(tab, folder, "login");
        await tab.LogInAsync("admin@notifyhub.com", "admin123");
        foreach (var (name, path) in Pages)
        {
            await tab.GoAsync(path);
            await tab.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            if (name == "overview") await Traffic.FillChartsAsync();
            if (name == "live") await LiveAsync(tab);
            await ShootAsync(tab, folder, name);
        }
    }

    private static async Task LiveAsync(Tab tab)
    {
        await tab.Page.Locator(".socket-buttons button").First.ClickAsync();
        await Assertions.Expect(tab.Page.Locator(".socket-log li.good").First).ToBeVisibleAsync();
        await tab.Page.Locator(".socket-buttons button").Nth(2).ClickAsync();
        await Assertions.Expect(tab.Page.Locator(".socket-log")).ToContainTextAsync("pong");
    }

    private static async Task ShootAsync(Tab tab, string folder, string name) =>
        await tab.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), FullPage = true, Animations = ScreenshotAnimations.Disabled });

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));
}
