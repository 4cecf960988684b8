using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>A page of the channel as it is stored.</summary>
/// <param name="Batch">What the silos answered.</param>
/// <param name="Segment">Its messages as frames; null when there were none.</param>
public sealed record HistoryPage(MessageBatch Batch, Segment? Segment);

/// <summary>
/// Reads what is older than the gateway's own log from the silos, a page at a time. Clients that resume together from about the same place
/// share the pages, so a storm of them costs a few reads.
/// </summary>
public sealed class History(IGrainFactory grains)
{
    private const int PageMessages = 256;

    // With pages of at most 4 MiB that is at most 64 MiB, and with ordinary messages less than one.
    private const int CachedPages = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Epoch, long After), Task<HistoryPage>> _pages = [];
    private readonly Queue<(string Epoch, long After)> _order = new();

    /// <summary>What follows this offset. Pages end at multiples of their size, so that clients fall into step.</summary>
    /// <param name="epoch">The log's life that the offset belongs to; the page may turn out to be another's.</param>
    /// <param name="after">The last offset that the reader has.</param>
    public async Task<HistoryPage> ReadAsync(string epoch, long after)
    {
        var key = (epoch, after);
        Task<HistoryPage>? page;
        lock (_gate)
        {
            if (!_pages.TryGetValue(key, out page))
            {
                page = LoadAsync(after);
                _pages.Add(key, page);
                _order.Enqueue(key);
                if (_order.Count > CachedPages) _pages.Remove(_order.Dequeue());
            }
        }

        try
        {
            var read = await page;
            // A page without messages says where the channel stands now, which is soon no longer true.
            if (read.Segment is null || read.Batch.Epoch != epoch) Forget(key, page);
            return read;
        }
        catch
        {
            Forget(key, page);
            throw;
        }
    }

    private async Task<HistoryPage> LoadAsync(long after)
    {
        // Off the lock, whatever the grain call does first.
        await Task.Yield();
        var grain = grains.GetGrain<IBroadcastGrain>(GrainKeys.Channel(GrainKeys.PublicChannel));
        var batch = await grain.ReadAsync(after, PageMessages - (int)(after % PageMessages));
        return new HistoryPage(batch, batch.Messages.Length == 0 ? null : ChannelLog.Page(batch.Epoch, batch.Messages));
    }

    private void Forget((string Epoch, long After) key, Task<HistoryPage> page)
    {
        lock (_gate)
        {
            if (_pages.TryGetValue(key, out var current) && ReferenceEquals(current, page)) _pages.Remove(key);
        }
    }
}
