using Xunit;

namespace NotifyHub.BrowserTests;

/// <summary>What a hostile page can make an operator's browser send to a push port on the operator's machine.</summary>
[Collection(typeof(FirstBrowser))]
public sealed class ForgedPushTests(Browser browser)
{
    [Fact]
    public async Task A_page_cannot_publish_through_the_push_port()
    {
        await using var client = await browser.Hub.ConnectAsync();
        // The hostile page would have its own policy.
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
