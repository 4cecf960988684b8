using System.Collections.Concurrent;
using Microsoft.Playwright;
using NotifyHub.TestKit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace NotifyHub.BrowserTests;

/// <summary>A browser tab at the console. Disposing of it fails the test if the browser reported an error.</summary>
public sealed class Tab : IAsyncDisposable
{
    // The limit of every wait for a page, a click or a text.
    private static readonly float Limit = (float)Until.Limit.TotalMilliseconds;

    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly string _origin;
    private readonly List<string> _expected = [];

    private Tab(IBrowserContext context, IPage page, string origin) => (_context, Page, _origin) = (context, page, origin);

    public IPage Page { get; }

    public static async Task<Tab> OpenAsync(IBrowser browser, NotifyHubProcess hub, TabOptions options)
    {
        var context = await browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = options.Width, Height = options.Height },
            ColorScheme = options.Dark ? ColorScheme.Dark : ColorScheme.Light,
            Locale = "zh-TW",
            BypassCSP = options.IgnorePolicy,
        });
        context.SetDefaultTimeout(Limit);
        SetDefaultExpectTimeout(Limit);
        if (options.Language is { } language)
            await context.AddInitScriptAsync($"localStorage.setItem('notifyhub.language', '{language}')");
        var page = await context.NewPageAsync();
        var tab = new Tab(context, page, $"http://localhost:{hub.ConsolePort}/");
        page.Console += (_, line) =>
        {
            if (line.Type is "error" or "warning") tab._complaints.Enqueue($"{line.Type}: {line.Text}");
        };
        page.PageError += (_, error) => tab._complaints.Enqueue($"exception: {error}");
        return tab;
    }

    /// <summary>Allows the browser to report this error, because the test provokes it.</summary>
    public void MayComplain(string complaint) => _expected.Add(complaint);

    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(_origin + path, new() { WaitUntil = WaitUntilState.DOMContentLoaded });
        try
        {
            await Expect(Page.Locator("h1").First).ToBeVisibleAsync();
        }
        catch (PlaywrightException failure)
        {
            throw new InvalidOperationException(
                $"{failure.Message}\nThe browser said:\n{string.Join('\n', _complaints)}", failure);
        }
    }

    /// <summary>Navigates within the console without reloading it.</summary>
    public async Task GoWithinAsync(string path)
    {
        await Page.EvaluateAsync("path => Blazor.navigateTo(path)", path.Length == 0 ? "/" : path);
        await Expect(Page).ToHaveURLAsync(_origin + path);
    }

    /// <summary>Navigates by the menu, without reloading the console.</summary>
    public async Task ClickMenuAsync(string name)
    {
        await Page.Locator("nav").GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).ClickAsync();
        await Expect(Page.GetByRole(AriaRole.Heading, new() { Level = 1, Name = name, Exact = true })).ToBeVisibleAsync();
    }

    public async Task LogInAsync(string email, string password, string path = "")
    {
        await GoAsync(path.Length == 0 ? "login" : $"login?return={Uri.EscapeDataString(path)}");
        await SubmitLoginAsync(email, password);
        await Expect(Page.Locator("nav").First).ToBeAttachedAsync();
        await Expect(Page.Locator(".page h1")).ToBeVisibleAsync();
    }

    public async Task SubmitLoginAsync(string email, string password)
    {
        await Page.Locator("input[autocomplete=username]").FillAsync(email);
        await Page.Locator("input[autocomplete=current-password]").FillAsync(password);
        await Page.Locator("form button[type=submit]").ClickAsync();
    }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Panel(string name) => Page.GetByRole(AriaRole.Region, new() { Name = name, Exact = true });

    public ILocator Dialog => Page.GetByRole(AriaRole.Dialog);

    /// <summary>Clicks the button of the open dialog and waits until the dialog has closed.</summary>
    public async Task ConfirmAsync(string button)
    {
        await Dialog.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();
        await Expect(Dialog).ToHaveCountAsync(0);
    }

    /// <summary>The table row with this text.</summary>
    public ILocator Row(string text) => Page.Locator("tbody tr").Filter(new() { HasText = text });

    /// <summary>No part of the page is wider than the window.</summary>
    public async Task ExpectNoSidewaysScrollAsync()
    {
        var widest = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(widest <= 0, $"The page {Page.Url} is {widest} px wider than its window.");
    }

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        var unexpected = _complaints
            .Where(complaint => !_expected.Exists(expected => complaint.Contains(expected, StringComparison.Ordinal))).ToArray();
        Assert.True(unexpected.Length == 0, $"The browser complained:\n{string.Join('\n', unexpected)}");
    }
}
