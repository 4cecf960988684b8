using System.Reflection;
using Bunit;
using NotifyHub.Console.Accounts;
using NotifyHub.Console.Components;
using NotifyHub.Console.Language;
using NotifyHub.Console.Layout;
using Xunit;

namespace NotifyHub.ConsoleTests;

public sealed class LanguageTests : ConsoleContext
{
    [Fact]
    public void Every_text_is_there_in_both_languages_and_Chinese_is_Chinese()
    {
        foreach (var text in typeof(Texts).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.PropertyType == typeof(string)))
        {
            var (chinese, english) = ((string)text.GetValue(Texts.Chinese)!, (string)text.GetValue(Texts.English)!);
            Assert.True(chinese.Any(letter => letter >= '\u4e00'), $"{text.Name}: {chinese}");
            Assert.True(english.Length > 0 && !english.Any(letter => letter >= '\u4e00'), $"{text.Name}: {english}");
        }
    }

    [Fact]
    public async Task The_switch_names_the_other_language_and_is_remembered()
    {
        var switcher = Render<LanguageSwitch>();
        Assert.Contains("English", switcher.Markup, StringComparison.Ordinal);

        await switcher.Find("button").ClickAsync(new());

        Assert.True(Preferences.IsEnglish);
        Assert.Same(Texts.English, Preferences.Texts);
        Assert.Contains("繁體中文", switcher.Markup, StringComparison.Ordinal);
        Assert.Contains(
            JSInterop.Invocations, call => call.Identifier == "localStorage.setItem" && call.Arguments[1] as string == "en");
    }

    [Fact]
    public async Task A_browser_without_a_wish_is_spoken_to_in_Chinese()
    {
        await Preferences.RestoreAsync();

        Assert.Same(Texts.Chinese, Preferences.Texts);
        Assert.Equal(Colours.System, Preferences.Colours);
    }

    [Fact]
    public async Task What_was_wished_before_is_restored()
    {
        JSInterop.Setup<string?>("localStorage.getItem", "notifyhub.language").SetResult("en");
        JSInterop.Setup<string?>("localStorage.getItem", "notifyhub.colours").SetResult("Dark");

        await Preferences.RestoreAsync();

        Assert.Same(Texts.English, Preferences.Texts);
        Assert.Equal(Colours.Dark, Preferences.Colours);
    }

    [Theory]
    [InlineData("", "live")]
    [InlineData(Permissions.ManageKeys, "live keys")]
    [InlineData($"{Permissions.ManageUsers} {Permissions.ReadSettings}", "live users settings")]
    public async Task The_menu_shows_what_the_API_allows(string permissions, string pages)
    {
        await LogInAsync(permissions.Split(' '));

        Assert.Equal(
            $"scheduler usage notifications {pages}",
            string.Join(' ', Render<SideNav>().FindAll(".nav-item").Skip(1).Select(page => page.GetAttribute("href"))));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.4251, "0.43")]
    [InlineData(42.35, "42.4")]
    [InlineData(1234567.8, "1,234,568")]
    public void Rates_have_only_significant_digits(double rate, string shown) => Assert.Equal(shown, Formats.Rate(rate));

    [Theory]
    [InlineData(0.42, "0.42 ms")]
    [InlineData(87, "87.0 ms")]
    [InlineData(1250, "1.25 s")]
    public void Milliseconds_become_seconds_when_there_are_many(double milliseconds, string shown) =>
        Assert.Equal(shown, Formats.Milliseconds(milliseconds));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1.5, 2)]
    [InlineData(14, 20)]
    [InlineData(450, 500)]
    [InlineData(501, 1000)]
    public void A_charts_scale_grows_in_steps(double max, double top) => Assert.Equal(top, TimeChart.Ceiling(max));

    [Fact]
    public void A_chart_has_a_gap_where_nothing_is_known()
    {
        var chart = Render<TimeChart>(parameters => parameters
            .Add(one => one.Values, [1, 2, null, null, 2, 1]).Add(one => one.Description, "latency"));

        Assert.Equal(["0,32 60,1", "240,1 300,32"], chart.FindAll("polyline").Select(line => line.GetAttribute("points")));
    }

    [Fact]
    public void Times_are_shown_in_the_zone_of_the_grid()
    {
        Grid.Set("Asia/Taipei");

        Assert.Equal("2026-11-23 17:41:00", Grid.Show(Clock.GetUtcNow()));
        Assert.Equal("—", Grid.Show(null));
    }
}
