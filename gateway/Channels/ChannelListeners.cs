namespace NotifyHub.Gateway.Channels;

/// <summary>The cursors of one sender in one thread. Only the sender's thread changes and walks them.</summary>
/// <param name="news">Of the sender.</param>
/// <param name="bytes">Bytes of the thread so far.</param>
public sealed class ChannelListeners(ThreadNews<ChannelListeners> news, long bytes)
{
    private ChannelLink? _news;
    private long _bytes = bytes;

    public ThreadNews<ChannelListeners> News => news;

    public ChannelCursor? First { get; private set; }

    /// <summary>Bytes of the thread, up to its newest frame.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Those of another sender in the same thread.</summary>
    internal ChannelListeners? Other { get; set; }

    /// <summary>The first frame that came since this was called last; null: none.</summary>
    public ChannelLink? TakeNews() => Interlocked.Exchange(ref _news, null);

    public void Add(ChannelCursor cursor)
    {
        cursor.Next = First;
        if (First is not null) First.Previous = cursor;
        First = cursor;
    }

    public void Remove(ChannelCursor cursor)
    {
        if (cursor.Previous is null) First = cursor.Next;
        else cursor.Previous.Next = cursor.Next;
        if (cursor.Next is not null) cursor.Next.Previous = cursor.Previous;
        (cursor.Next, cursor.Previous) = (null, null);
    }

    internal void Announce(ChannelLink link)
    {
        Volatile.Write(ref _bytes, link.Bytes);
        // Once in the queue, however many frames come.
        if (Interlocked.CompareExchange(ref _news, link, null) is null) news.Add(this);
    }
}
