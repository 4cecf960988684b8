using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>
/// Reads what is older than the gateway's own log from the silos, a page at a time. Clients that resume from about the same
/// place share the pages, so a storm of them costs a few reads; the rest is bounded: few loads at a time, in the order in which
/// they were requested, none without a waiter, and all pages within <see cref="ClientMemory"/>.
/// </summary>
public sealed class History(IGrainFactory grains, ClientMemory memory)
{
    /// <summary>What a page is taken for until it is there: the silos answer no more, but for one message that is
    /// longer.</summary>
    internal const int PageBytes = (1 << 20) + (PageMessages * WireForm.MaxOverheadBytes);

    /// <summary>Loads at a time: what resuming clients may cost the silos, however many there are.</summary>
    internal const int MaxLoads = 2;

    private const int PageMessages = 256;

    /// <summary>Pages kept without readers.</summary>
    private const int MaxUnread = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Epoch, long After), HistoryPage> _pages = [];
    private readonly Queue<HistoryPage> _waiting = new();
    private readonly LinkedList<HistoryPage> _unread = new();
    private int _loading;

    /// <summary>What follows this offset: a page that holds the next message. The caller returns it with <see
    /// cref="Release"/>. Pages end at multiples of their size, so that clients fall into step.</summary>
    /// <param name="epoch">The log's epoch that the offset belongs to; the page may turn out to be of another one.</param>
    /// <param name="after">The last offset that the reader has.</param>
    /// <param name="cancellation">The reader needs it no more.</param>
    public async Task<HistoryPage> ReadAsync(string epoch, long after, CancellationToken cancellation)
    {
        var page = Hold(epoch, after);
        try
        {
            await page.Loaded.WaitAsync(cancellation);
            return page;
        }
        catch
        {
            Release(page);
            throw;
        }
    }

    public void Release(HistoryPage page)
    {
        lock (_gate)
        {
            if (--page.Readers > 0) return;
            // On its way: what comes is thrown away. There: kept for the next one, if there is room.
            if (!page.Loaded.IsCompleted || page.IsForgotten || memory.Shortage > 0)
            {
                Forget(page);
                return;
            }

            page.Unread = _unread.AddLast(page);
            if (_unread.Count > MaxUnread) Forget(_unread.First!.Value);
        }
    }

    /// <summary>Frees pages without readers, the oldest first, until <see cref="ClientMemory.Shortage"/> is over.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            while (memory.Shortage > 0 && _unread.First is { } oldest) Forget(oldest.Value);
        }
    }

    private HistoryPage Hold(string epoch, long after)
    {
        lock (_gate)
        {
            if (!_pages.TryGetValue((epoch, after), out var page) && !TryFind(epoch, after + 1, out page))
            {
                page = new HistoryPage(epoch, after);
                _pages.Add(page.Key, page);
                _waiting.Enqueue(page);
            }

            page.Readers++;
            if (page.Unread is { } node) _unread.Remove(node);
            page.Unread = null;
            LoadNext();
            return page;
        }
    }

    private bool TryFind(string epoch, long offset, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out HistoryPage? found)
    {
        foreach (var page in _pages.Values)
        {
            if (!page.Holds(epoch, offset)) continue;
            found = page;
            return true;
        }

        found = null;
        return false;
    }

    private void LoadNext()
    {
        while (_loading < MaxLoads && _waiting.TryDequeue(out var page))
        {
            if (page.Readers == 0) continue;
            _loading++;
            _ = LoadAsync(page);
        }
    }

    private async Task LoadAsync(HistoryPage page)
    {
        // Off the lock, whatever the grain call does first.
        await Task.Yield();
        var taken = 0L;
        try
        {
            if (!await MakeRoomAsync(page)) return;
            taken = PageBytes;
            var grain = grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.PublicChannel));
            var batch = await grain.ReadAsync(page.Key.After, PageMessages - (int)(page.Key.After % PageMessages));
            var segment = batch.Messages.Length == 0 || page.Readers == 0 ? null : ChannelLog.Page(batch.Epoch, batch.Messages);
            lock (_gate)
            {
                page.SetLoaded(batch.Epoch, batch.FirstRetained, segment);
                memory.Take(page.Bytes - taken);
                taken = 0;
                // A page without messages says where the channel stands now, which is soon no longer true.
                if (segment is null || page.Epoch != page.Key.Epoch || page.Readers == 0) Forget(page);
                page.Announce();
            }
        }
        catch (Exception e)
        {
            lock (_gate) Forget(page);
            page.Fail(e);
        }
        finally
        {
            memory.Return(taken);
            lock (_gate)
            {
                _loading--;
                LoadNext();
            }
        }
    }

    /// <summary>False: the page has no waiter any more.</summary>
    private async ValueTask<bool> MakeRoomAsync(HistoryPage page)
    {
        while (page.Readers > 0)
        {
            if (memory.TryTake(PageBytes)) return true;
            lock (_gate)
            {
                if (_unread.First is { } oldest)
                {
                    Forget(oldest.Value);
                    continue;
                }
            }

            return await memory.TakeAsync(PageBytes, () => page.Readers == 0);
        }

        return false;
    }

    /// <summary>Gives it to no new reader. Its memory is returned when its last reader has left.</summary>
    private void Forget(HistoryPage page)
    {
        if (!page.IsForgotten)
        {
            page.IsForgotten = true;
            _pages.Remove(page.Key);
            if (page.Unread is { } node) _unread.Remove(node);
            page.Unread = null;
        }

        if (page.Readers == 0) memory.Return(page.TakeBytes());
    }
}
