using System.Globalization;
using Microsoft.Playwright;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.BrowserTests;

/// <summary>Measures how soon the first page appears. Run by scripts/first-paint on a quiet machine, not as a test.</summary>
[Collection(typeof(FirstBrowser))]
public sealed class FirstPaint(Browser browser)
{
    private const int Times = 7;

    // Records when the login form, the first meaningful content, is in the document.
    private const string Watch = """
        new MutationObserver((_, watch) => {
          if (!document.querySelector('.login-card input')) return;
          watch.disconnect();
          requestAnimationFrame(() => window.formAt = performance.now());
        }).observe(document, { childList: true, subtree: true });
        """;

    private const string Transferred =
        "[...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]"
        + ".reduce((sum, one) => sum + one.transferSize, 0)";

    [Fact(Explicit = true)]
    public async Task Of_the_login_page()
    {
        List<double> paints = [], cold = [], warm = [], bytes = [];
        for (var i = 0; i < Times; i++)
        {
            await using var tab = await browser.OpenAsync();
            await tab.Page.AddInitScriptAsync(Watch);
            await tab.GoAsync("login");
            cold.Add(await FormAsync(tab));
            paints.Add(
                await tab.Page.EvaluateAsync<double>("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
            bytes.Add(await tab.Page.EvaluateAsync<double>(Transferred));
            await tab.GoAsync("login");
            warm.Add(await FormAsync(tab));
        }

        await File.WriteAllLinesAsync(
            Checkout.PathOf("artifacts/first-paint.txt"),
            [
                $"first paint (the name and a bar), cache empty: {Median(paints)} ms",
                $"login form, cache empty:                       {Median(cold)} ms",
                $"login form, cache full:                        {Median(warm)} ms",
                $"loaded with the cache empty:                   {Median(bytes)} bytes",
            ],
            TestContext.Current.CancellationToken);
    }

    private static async Task<double> FormAsync(Tab tab)
    {
        await tab.Page.Locator(".login-card input").First.WaitForAsync(new() { State = WaitForSelectorState.Visible });
        return await tab.Page.EvaluateAsync<double>(
            "new Promise(done => { const look = () => window.formAt ? done(window.formAt) : setTimeout(look, 20); look(); })");
    }

    private static string Median(List<double> values) =>
        values.Order().ElementAt(values.Count / 2).ToString("#,0", CultureInfo.InvariantCulture);
}
