namespace NotifyHub.Gateway.Channels;

/// <summary>One client's hold on a page of history, from the time it was read until the client's cursor has left it.</summary>
public sealed class HeldPage(History history, HistoryPage page)
{
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isReleased;

    /// <summary>Completes when all of the page is sent; never when it was given up before.</summary>
    public Task Sent => _sent.Task;

    /// <summary>What the hold costs: a page that many read is shared.</summary>
    public long Bytes => page.Bytes / Math.Max(1, page.Readers);

    public void SetSent()
    {
        Release();
        _sent.TrySetResult();
    }

    public void Release()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) == 0) history.Release(page);
    }
}
