using Microsoft.Extensions.Configuration;
using NotifyHub.Gateway.Settings;
using NotifyHub.Hosting.Settings;
using Xunit;

namespace NotifyHub.UnitTests.Settings;

public sealed class DurationTests
{
    [Theory]
    [InlineData("0s", 0)]
    [InlineData("500ms", 0.5)]
    [InlineData("90s", 90)]
    [InlineData("15m", 900)]
    [InlineData("24h", 86_400)]
    [InlineData("7d", 604_800)]
    [InlineData("00:00:00.1", 0.1)]
    [InlineData("00:01:30", 90)]
    [InlineData("23:59:59", 86_399)]
    [InlineData("1:00:00", 3_600)]
    [InlineData("1.02:00:00", 93_600)]
    [InlineData("3650.00:00:00", 315_360_000)]
    public void A_time_with_its_unit_or_as_a_clock_shows_it_is_read(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("24:00:00", "would mean 24d")]
    [InlineData("12", "would mean 12d")]
    [InlineData("12:00", "would mean 12h")]
    [InlineData("7:12:30:00", "would mean 10830m")]
    [InlineData(" 5 ", "would mean 5d")]
    [InlineData("00:00:60", "is not a time")]
    [InlineData("-00:00:05", "is not a time")]
    [InlineData("-5s", "is not a time")]
    [InlineData("5 s", "is not a time")]
    [InlineData("5S", "is not a time")]
    [InlineData("1.5h", "is not a time")]
    [InlineData("٥s", "is not a time")]
    [InlineData("99999999999999999999d", "is not a time")]
    [InlineData("10675200d", "is not a time")]
    [InlineData("5s\n", "is not a time")]
    [InlineData("", "is not a time")]
    [InlineData("abc", "is not a time")]
    public void Anything_else_is_refused_with_what_it_would_have_meant(string text, string expected)
    {
        Assert.False(Duration.TryParse(text, out _));
        Assert.StartsWith($"'{text}' {expected}", Duration.Fault(text), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00:00:00", "0s")]
    [InlineData("00:00:00.1", "100ms")]
    [InlineData("00:01:30", "90s")]
    [InlineData("01:30:00", "90m")]
    [InlineData("1.00:00:00", "1d")]
    [InlineData("00:00:00.0000001", "00:00:00.0000001")]
    public void A_time_is_written_in_the_largest_unit_that_leaves_no_rest(string text, string shown)
    {
        Assert.Equal(shown, Duration.Format(TimeSpan.Parse(text, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.True(Duration.TryParse(shown, out var again));
        Assert.Equal(TimeSpan.Parse(text, System.Globalization.CultureInfo.InvariantCulture), again);
    }

    [Fact]
    public void Options_are_bound_with_them()
    {
        Assert.Equal(TimeSpan.FromMinutes(90), Bind("90m").LoginLifetime);
        Assert.Throws<InvalidOperationException>(() => Bind("24:00:00"));

        static GatewayOptions Bind(string value) => new ConfigurationBuilder()
            .AddInMemoryCollection([new("NotifyHub:LoginLifetime", value)])
            .Build().GetSection("NotifyHub").Get<GatewayOptions>()!;
    }
}
