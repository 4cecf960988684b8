using NotifyHub.Hosting;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class LruTableTests
{
    [Fact]
    public void One_too_many_displaces_the_one_that_was_touched_longest_ago()
    {
        var table = new LruTable<string, string>(2);
        table.GetOrAdd("a", () => "A");
        table.GetOrAdd("b", () => "B");
        Assert.Equal("A", table.GetOrAdd("a", () => "another"));
        table.GetOrAdd("c", () => "C");

        Assert.True(table.TryGet("a", out _));
        Assert.False(table.TryGet("b", out _));
        Assert.Equal("C", table.TryGet("c", out var found) ? found : "");
        for (var i = 0; i < 1_000; i++) table.GetOrAdd($"{i}", () => "");
        Assert.Equal(2, table.Count);
    }

    [Fact]
    public void What_must_stay_is_not_displaced()
    {
        var table = new LruTable<string, bool>(2, mayGo: value => value);
        table.GetOrAdd("stays", () => false);
        for (var i = 0; i < 10; i++) table.GetOrAdd($"{i}", () => true);

        Assert.True(table.TryGet("stays", out _));
        Assert.True(table.TryGet("9", out _));
        Assert.Equal(2, table.Count);
        table.Remove("stays");
        Assert.Equal(1, table.Count);
    }
}
