using Microsoft.Playwright;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.BrowserTests;

/// <summary>One Chromium and one gateway for the tests of a collection; each test has its own profile.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private NotifyHubProcess? _hub;

    /// <summary>The gateway that the tests share. A test that stops the service starts it again.</summary>
    public NotifyHubProcess Hub => _hub!;

    public async ValueTask InitializeAsync()
    {
        _hub = await NotifyHubProcess.StartAsync(("ConsolePort", "0"));
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(
            new() { ExecutablePath = Executable(), Args = Arguments, Timeout = (float)Until.Limit.TotalMilliseconds });
    }

    /// <summary>Opens the console of the shared gateway in a new profile.</summary>
    public Task<Tab> OpenAsync(TabOptions? options = null) => OpenAsync(Hub, options);

    public Task<Tab> OpenAsync(NotifyHubProcess hub, TabOptions? options = null) =>
        Tab.OpenAsync(_browser!, hub, options ?? new TabOptions());

    /// <summary>Like <see cref="OpenAsync(TabOptions?)"/>, logged in as the first administrator, at the given page.</summary>
    public Task<Tab> LogInAsync(string path = "", TabOptions? options = null) => LogInAsync(Hub, path, options);

    /// <summary>Like <see cref="LogInAsync(string, TabOptions?)"/>, at the given gateway.</summary>
    public async Task<Tab> LogInAsync(NotifyHubProcess hub, string path = "", TabOptions? options = null)
    {
        var tab = await OpenAsync(hub, options);
        await tab.LogInAsync("admin@notifyhub.com", "admin123", path);
        return tab;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_hub is not null) await _hub.DisposeAsync();
    }

    private static string Executable()
    {
        string[] places =
        [
            Environment.GetEnvironmentVariable("CHROMIUM") ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser",
            "/usr/bin/google-chrome",
        ];
        return Array.Find(places, File.Exists)
            ?? throw new FileNotFoundException(
                "Chromium is missing; scripts/test installs it on Debian as root. Or name one in the variable CHROMIUM.");
    }
}
