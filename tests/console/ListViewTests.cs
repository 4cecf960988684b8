using System.Net;
using Bunit;
using Microsoft.AspNetCore.Components;
using NotifyHub.Console.Api;
using NotifyHub.Console.Components;
using NotifyHub.Console.Language;
using Xunit;

namespace NotifyHub.ConsoleTests;

/// <summary>Behaviour that all lists of the console share.</summary>
public sealed class ListViewTests : ConsoleContext
{
    private readonly List<Paging> _asked = [];
    private readonly TaskCompletionSource<Listing<int>> _answer = new();
    private long _total = 45;

    [Fact]
    public void Until_the_answer_is_there_it_says_that_it_is_loading()
    {
        var list = List((_, _) => _answer.Task);

        Assert.Equal("載入中…", list.Find("[role=status]").GetAttribute("aria-label"));
        Assert.Equal("true", list.Find(".list").GetAttribute("aria-busy"));
    }

    [Fact]
    public void An_empty_list_says_so()
    {
        _total = 0;

        var list = List(Numbers);

        Assert.Equal("nothing here", list.Find(".list").TextContent.Trim());
        Assert.Empty(list.FindAll("table"));
    }

    [Fact]
    public async Task A_search_that_left_out_older_rows_says_so()
    {
        var isTruncated = true;
        var list = List((_, _) => Task.FromResult(new Listing<int>([1], 1, isTruncated)));
        Assert.Equal(Texts.Chinese.Truncated, list.Find(".truncated").TextContent);

        isTruncated = false;
        await list.InvokeAsync(list.Instance.ReloadAsync);

        Assert.Empty(list.FindAll(".truncated"));
    }

    [Fact]
    public void An_empty_search_that_left_out_older_rows_says_so_too()
    {
        var list = List((_, _) => Task.FromResult(new Listing<int>([], 0, IsTruncated: true)));

        Assert.Equal(Texts.Chinese.Truncated, list.Find(".truncated").TextContent);
        Assert.Contains("nothing here", list.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_says_why_and_can_be_tried_again()
    {
        var fails = true;
        var list = List((paging, cancellation) => fails
            ? throw new ApiException(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE", "服務暫時無法使用")
            : Numbers(paging, cancellation));
        Assert.Contains("服務暫時無法使用", list.Find("[role=alert]").TextContent, StringComparison.Ordinal);

        fails = false;
        await list.Find("button").ClickAsync(new());

        Assert.Equal(20, list.FindAll("tbody tr").Count);
    }

    [Fact]
    public async Task A_later_failure_keeps_what_is_shown_and_says_that_it_is_old()
    {
        var fails = false;
        var list = List((paging, cancellation) => fails
            ? throw new ApiException(0, ApiException.Unreachable, "無法連線")
            : Numbers(paging, cancellation));

        fails = true;
        await list.InvokeAsync(list.Instance.ReloadAsync);

        Assert.Equal(20, list.FindAll("tbody tr").Count);
        Assert.Contains("以下為先前的資料：無法連線", list.Find(".stale").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_are_asked_for_one_at_a_time()
    {
        var list = List(Numbers);
        Assert.Contains("第 1–20 筆，共 45 筆", list.Find(".pager").TextContent, StringComparison.Ordinal);

        await list.Find("[aria-label=最後一頁]").ClickAsync(new());
        Assert.Contains("第 41–45 筆，共 45 筆", list.Find(".pager").TextContent, StringComparison.Ordinal);
        Assert.True(list.Find("[aria-label=下一頁]").HasAttribute("disabled"));

        await list.Find("[aria-label=上一頁]").ClickAsync(new());
        await list.Find(".pager select").ChangeAsync(new ChangeEventArgs { Value = "100" });

        Assert.Equal([new(1, 20), new(3, 20), new(2, 20), new(1, 100)], _asked);
        Assert.Equal(45, list.FindAll("tbody tr").Count);
    }

    [Fact]
    public async Task When_the_last_page_has_gone_the_one_before_is_shown()
    {
        var list = List(Numbers);
        await list.Find("[aria-label=最後一頁]").ClickAsync(new());

        _total = 40;
        await list.InvokeAsync(list.Instance.ReloadAsync);

        Assert.Contains("第 21–40 筆，共 40 筆", list.Find(".pager").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_older_answer_does_not_overtake_a_newer_one()
    {
        var slow = true;
        var list = List((paging, cancellation) => slow ? _answer.Task.WaitAsync(cancellation) : Numbers(paging, cancellation));

        slow = false;
        await list.InvokeAsync(list.Instance.RestartAsync);
        _answer.SetResult(new([999], 1));

        Assert.Equal("1", list.Find("tbody td").TextContent);
        Assert.Equal("false", list.Find(".list").GetAttribute("aria-busy"));
    }

    [Fact]
    public void It_asks_again_by_itself_when_it_is_to()
    {
        var list = List(Numbers, TimeSpan.FromSeconds(10));
        list.WaitForAssertion(() => Assert.Single(_asked));

        _total = 3;
        Clock.Advance(TimeSpan.FromSeconds(10));

        list.WaitForAssertion(() => Assert.Equal(3, list.FindAll("tbody tr").Count));
        Assert.Equal(2, _asked.Count);
    }

    private Task<Listing<int>> Numbers(Paging paging, CancellationToken cancellation)
    {
        _asked.Add(paging);
        var first = ((paging.Page - 1) * paging.Limit) + 1;
        var count = (int)Math.Clamp(_total - first + 1, 0, paging.Limit);
        return Task.FromResult(new Listing<int>([.. Enumerable.Range(first, count)], _total));
    }

    private IRenderedComponent<ListView<int>> List(
        Func<Paging, CancellationToken, Task<Listing<int>>> load, TimeSpan? refresh = null) =>
        Render<ListView<int>>(parameters => parameters
            .Add(list => list.Load, load)
            .Add(list => list.Label, "numbers")
            .Add(list => list.Key, number => number)
            .Add(list => list.RefreshEvery, refresh)
            .Add(list => list.Head, "<th>number</th>")
            .Add(list => list.Row, number => $"<td>{number}</td>")
            .Add(list => list.Empty, "nothing here"));
}
