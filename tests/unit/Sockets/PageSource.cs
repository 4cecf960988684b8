using NotifyHub.Gateway.Channels;

namespace NotifyHub.UnitTests.Sockets;

/// <summary>One page of history of about 0.5 MiB that tests can hold any number of times.</summary>
internal sealed class PageSource : IDisposable
{
    private readonly History _history;
    private readonly HistoryPage _page;

    public PageSource(ClientMemory memory)
    {
        var channel = new FakeChannel();
        channel.Add([.. Enumerable.Repeat(20_000, 25)]);
        _history = new History(channel.Grains, memory);
        _page = _history.ReadAsync("e", 0, CancellationToken.None).GetAwaiter().GetResult();
    }

    public Cursor Begin => new(_page.Segment!, 0);

    /// <summary>How many readers hold the page.</summary>
    public int Readers => _page.Readers - 1;

    public async Task<HeldPage> HoldAsync() => new(_history, await _history.ReadAsync("e", 0, CancellationToken.None));

    public void Dispose() => _history.Release(_page);
}
