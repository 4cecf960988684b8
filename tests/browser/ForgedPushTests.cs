using Xunit;

namespace NotifyHub.BrowserTests;

/// <summary>What a page of anybody can make the browser of an operator send to the push port of the operator's own machine.</summary>
[Collection(typeof(FirstBrowser))]
public sealed class ForgedPushTests(Browser browser)
{
    [Fact]
    public async Task A_page_cannot_publish_through_the_push_port()
    {
        await using var client = await browser.Hub.ConnectAsync();
        // A page of somewhere else has a policy of its own.
        await using var tab = await browser.OpenAsync(new TabOptions(IgnorePolicy: true));
        tab.MayComplain("Failed to load resource");
        await tab.Page.EvaluateAsync(
            """
            async url => {
                for (const method of ['POST', 'GET']) {
                    const body = method === 'GET' ? undefined : '\n{"type":"forged"}\n{"type":"forged"}\n';
                    await fetch(url, {method, mode: 'no-cors', body}).catch(() => null);
                }
            }
            """,
            $"http://localhost:{browser.Hub.PushPort}/%7B%22type%22:%22forged%22%7D");

        using var push = await browser.Hub.ConnectPushAsync();
        Assert.Equal("ok", await push.PushAsync("""{"type":"meant"}"""));
        var received = await client.NextUntilAsync(one => one.Contains("meant", StringComparison.Ordinal));
        Assert.DoesNotContain(received, one => one.Contains("forged", StringComparison.Ordinal));
    }
}
