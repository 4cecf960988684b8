using System.Text.Json;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace NotifyHub.BrowserTests;

/// <summary>Keyboard users can always see what has the focus.</summary>
[Collection(typeof(FirstBrowser))]
public sealed class FocusTests(Browser browser)
{
    private static readonly (string Path, string Name)[] Pages =
    [
        ("", "總覽"), ("scheduler", "排程器管理"), ("usage", "API 使用紀錄"), ("usage?view=requests", "API 使用紀錄"),
        ("usage?view=anonymous", "API 使用紀錄"), ("notifications", "通知"), ("live", "即時測試"), ("keys", "API 金鑰"),
        ("users", "使用者"), ("namespaces", "頻道命名空間"), ("settings", "設定"),
    ];

    // The focused element, and the contrast of its focus ring (or a text field's border) with the background.
    private const string Look =
        """
        () => {
            const one = document.activeElement;
            if (!one || one === document.body) return null;
            const rgb = text => text.match(/[\d.]+/g).map(Number);
            const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
                .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
            let ground = [255, 255, 255];
            for (let at = one.parentElement; at; at = at.parentElement) {
                const colour = rgb(getComputedStyle(at).backgroundColor);
                if (colour.length === 3 || colour[3] > 0.9) { ground = colour; break; }
            }
            const frame = one.closest('.mud-input')?.querySelector('.mud-input-outlined-border');
            const style = getComputedStyle(frame ?? one);
            const isText = frame && one.matches('.mud-input-slot');
            const [kind, width, colour] = isText
                ? [style.borderTopStyle, style.borderTopWidth, style.borderTopColor]
                : [getComputedStyle(one).outlineStyle, getComputedStyle(one).outlineWidth, getComputedStyle(one).outlineColor];
            const [high, low] = [light(rgb(colour)), light(ground)].sort((a, b) => b - a);
            return {
                name: `${one.tagName} ${one.className} ${one.innerText ?? ''} ${one.getAttribute('aria-label') ?? ''}`
                    .trim().slice(0, 90),
                isVisible: kind !== 'none' && parseFloat(width) >= 2, contrast: (high + 0.05) / (low + 0.05),
                isPage: one.matches('h1, main, .mud-dialog-container'),
            };
        }
        """;

    [Theory]
    [InlineData(1440, false)]
    [InlineData(375, true)]
    public async Task Every_stop_of_the_Tab_key_is_seen(int width, bool dark)
    {
        await using var traffic = await Traffic.StartAsync(browser.Hub);
        await using var tab = await browser.LogInAsync("", new TabOptions(width, 900, dark));
        // Without motion, so that the border has its final colour at once.
        await tab.Page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        List<string> faults = [];
        foreach (var (path, name) in Pages)
        {
            await tab.GoWithinAsync(path);
            await Expect(tab.Page.Locator("h1")).ToHaveTextAsync(name);
            await Expect(tab.Page.Locator(".loading")).ToHaveCountAsync(0);
            var seen = 0;
            for (var stop = 0; stop < 25; stop++)
            {
                await tab.Page.Keyboard.PressAsync("Tab");
                if (await tab.Page.EvaluateAsync<JsonElement?>(Look) is not { ValueKind: JsonValueKind.Object } look) continue;
                if (look.GetProperty("isPage").GetBoolean()) continue;
                seen++;
                if (!look.GetProperty("isVisible").GetBoolean() || look.GetProperty("contrast").GetDouble() < 3)
                    faults.Add($"{path}: {look}");
            }

            Assert.True(seen > 5, $"The Tab key hardly stops at {path}.");
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults.Distinct()));
    }

    [Theory]
    [InlineData("scheduler", "停止服務")]
    [InlineData("scheduler", "重啟服務")]
    public async Task Enter_pressed_again_and_again_stops_nothing(string page, string button)
    {
        await using var tab = await browser.LogInAsync(page);
        await using var client = await browser.Hub.ConnectAsync();
        var keys = tab.Page.Keyboard;
        await tab.Button(button).FocusAsync();

        await keys.PressAsync("Enter");
        await Expect(tab.Dialog).ToBeVisibleAsync();
        await Expect(tab.Dialog.GetByRole(AriaRole.Button, new() { Name = "取消" })).ToBeFocusedAsync();
        await keys.PressAsync("Enter");
        await Expect(tab.Dialog).ToHaveCountAsync(0);

        // As fast as the keyboard repeats.
        await tab.Button(button).FocusAsync();
        for (var press = 0; press < 9; press++) await keys.PressAsync("Enter");
        if (await tab.Dialog.CountAsync() > 0) await keys.PressAsync("Escape");
        await Expect(tab.Dialog).ToHaveCountAsync(0);

        await client.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await client.NextAsync());
    }

    [Fact]
    public async Task The_act_itself_is_one_deliberate_step_away()
    {
        await using var tab = await browser.LogInAsync("scheduler");
        await using var client = await browser.Hub.ConnectAsync();
        await tab.Button("重啟服務").FocusAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(tab.Dialog.GetByRole(AriaRole.Button, new() { Name = "取消" })).ToBeFocusedAsync();

        await tab.Page.Keyboard.PressAsync("Tab");
        await Expect(tab.Dialog.GetByRole(AriaRole.Button, new() { Name = "重啟服務" })).ToBeFocusedAsync();
        await tab.Page.Keyboard.PressAsync("Enter");

        Assert.Equal(1012, (await client.WaitUntilClosedAsync()).Code);
    }
}
