namespace NotifyHub.Gateway.Channels;

/// <summary>
/// The frames of one channel in the window, linked in order, and who listens to it. It exists while the window holds a frame of
/// it or somebody listens. Changed under the window's lock.
/// </summary>
internal sealed class ChannelThread
{
    // Only where messages have keys.
    private Dictionary<string, ChannelFrame>? _keys;
    // Outlives its frame in the window: a cursor may still have to go on from it.
    private ChannelLink? _tail;
    private long _bytes;

    /// <summary>The oldest that the window holds; null: none.</summary>
    public ChannelLink? First { get; private set; }

    public ChannelListeners? Listeners { get; private set; }

    /// <summary>It lacks what the window holds up to this offset. A pattern's thread begins when somebody listens.</summary>
    public long CompleteAfter { get; set; }

    public bool IsIdle => First is null && Listeners is null;

    public void Append(ChannelFrame frame, long order, string? key)
    {
        _bytes += frame.Bytes.Length;
        var link = new ChannelLink(frame, order, _bytes);
        if (_tail is not null) _tail.Next = link;
        _tail = link;
        if (frame.Offset > 0)
        {
            First ??= link;
            Newest = frame.Offset;
        }

        if (key is not null)
        {
            _keys ??= new(StringComparer.Ordinal);
            if (_keys.TryGetValue(key, out var replaced)) replaced.Supersede();
            _keys[key] = frame;
        }

        for (var listeners = Listeners; listeners is not null; listeners = listeners.Other) listeners.Announce(link);
    }

    /// <summary>The window lets its oldest frame go, and what is not stored before the next one.</summary>
    public void Drop(string? key)
    {
        var dropped = First!.Frame;
        if (key is not null && _keys is not null && _keys.TryGetValue(key, out var newest) && newest == dropped)
        {
            _keys.Remove(key);
            if (_keys.Count == 0) _keys = null;
        }

        First = First.Next;
        while (First is { Frame.Offset: 0 }) First = First.Next;
        if (First is null) Newest = null;
    }

    /// <summary>The offset of the newest stored frame that the window holds; null: it holds none.</summary>
    public long? Newest { get; private set; }

    /// <summary>The first frame behind the offset. What is not stored is for those who listened when it came.</summary>
    public ChannelLink? After(long offset)
    {
        var link = First;
        while (link is not null && link.Frame.Offset <= offset) link = link.Next;
        return link;
    }

    /// <summary>The first frame that came after another of the window.</summary>
    public ChannelLink? Behind(long order)
    {
        var link = First;
        while (link is not null && link.Order <= order) link = link.Next;
        return link;
    }

    /// <summary>Skips all but the newest frames that are retained. Answers the offset of the last one skipped; 0: none.</summary>
    public static long Limit(ref ChannelLink? first, int limit, long now)
    {
        var surplus = -limit;
        for (var link = first; link is not null; link = link.Next)
            if (link.Frame.Offset > 0 && link.Frame.IsRetainedAt(now)) surplus++;
        var skipped = 0L;
        for (; surplus > 0 && first is not null; first = first.Next)
        {
            if (first.Frame.Offset == 0) continue;
            skipped = first.Frame.Offset;
            if (first.Frame.IsRetainedAt(now)) surplus--;
        }

        return skipped;
    }

    public ChannelFrame? Find(long offset) => After(offset - 1) is { } link && link.Frame.Offset == offset ? link.Frame : null;

    public ChannelListeners ListenersOf(ThreadNews<ChannelListeners> news)
    {
        for (var found = Listeners; found is not null; found = found.Other)
            if (found.News == news) return found;
        return Listeners = new ChannelListeners(news, _bytes) { Other = Listeners };
    }

    public void RemoveIfUnused(ChannelListeners unused)
    {
        if (unused.First is not null) return;
        ChannelListeners? before = null;
        for (var found = Listeners; found is not null; before = found, found = found.Other)
        {
            if (found != unused) continue;
            if (before is null) Listeners = found.Other;
            else before.Other = found.Other;
            return;
        }
    }
}
