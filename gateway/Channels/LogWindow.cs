using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>
/// The newest part of a log that carries many channels: each message as a ready frame, linked to the next of the same channel and
/// of each pattern that somebody listens to. A channel costs nothing while the window holds nothing of it and nobody listens.
/// </summary>
/// <param name="budget">Shared by all windows of the gateway.</param>
public sealed class LogWindow(WindowBudget budget)
{
    // What a frame takes beside its bytes: objects, links, the entry of its channel. About: the bound is on memory, not to the
    // byte.
    private const int FrameOverhead = 256;

    // Between two searches of the whole window for a new pattern's messages: clients must not keep it busy. Who comes in between
    // reads from the log.
    private const int FillMilliseconds = 100;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ChannelThread> _channels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ChannelThread> _patterns = new(StringComparer.Ordinal);
    private readonly Queue<Held> _held = new();
    private readonly List<ChannelThread> _matching = [];
    private long _filledAt = -FillMilliseconds;
    private long _order;
    private long _head;
    private long _start;

    /// <summary>The log's epoch; "" before the log is known.</summary>
    public string Epoch { get; private set; } = "";

    /// <summary>The newest offset that is covered. Whoever reads it has been told the news of everything up to it.</summary>
    public long Head => Volatile.Read(ref _head);

    /// <summary>The last offset before what is covered.</summary>
    public long Start => Volatile.Read(ref _start);

    /// <summary>Channels and patterns that it knows: those with a frame here or with listeners.</summary>
    public int Threads
    {
        get
        {
            lock (_gate) return _channels.Count + _patterns.Count;
        }
    }

    /// <summary>Begins behind this offset, with nothing. Listeners stay.</summary>
    public void Begin(string epoch, long offset)
    {
        lock (_gate)
        {
            while (_held.Count > 0) DropOldest();
            Epoch = epoch;
            Volatile.Write(ref _start, offset);
            Volatile.Write(ref _head, offset);
        }
    }

    /// <summary>Takes what follows the head; what is already here is skipped. False: it begins beyond the head, and nothing was
    /// taken.</summary>
    public bool TryAppend(MessageBatch batch)
    {
        lock (_gate)
        {
            // The renewal finds out which is right.
            if (batch.Epoch != Epoch) return true;
            if (batch.From > _head) return false;
            foreach (var message in batch.Messages)
            {
                if (message.Part is { } part && (message.Offset == 0 || message.Offset > _head)) Add(message, part);
            }

            // Behind the news of its messages: see Head.
            if (batch.To > _head) Volatile.Write(ref _head, batch.To);
            while (budget.IsExceeded && _held.Count > 0) DropOldest();
            return true;
        }
    }

    /// <summary>A cursor of this sender that has everything up to the offset begins to listen. False: the window begins later,
    /// and nothing was changed.</summary>
    /// <param name="name">A channel of this log, or a pattern.</param>
    /// <param name="news">Of the sender, whose thread calls.</param>
    /// <param name="cursor">Where it is put.</param>
    /// <param name="after">The last offset that it has; null: everything.</param>
    /// <param name="limit">Only the newest so many of what it lacks; null: all.</param>
    /// <param name="now">Unix milliseconds.</param>
    /// <param name="attachment">Where it begins.</param>
    public bool TryAttach(
        string name,
        ThreadNews<ChannelListeners> news,
        ChannelCursor cursor,
        long? after,
        int? limit,
        long now,
        out ChannelAttachment attachment)
    {
        attachment = default;
        lock (_gate)
        {
            if (after < _start || ThreadOf(name, after ?? _head) is not { } thread) return false;

            var listeners = thread.ListenersOf(news);
            var first = after is { } offset ? thread.After(offset) : null;
            var skipped = limit is { } most && first is not null ? ChannelThread.Limit(ref first, most, now) : 0;
            attachment = new ChannelAttachment(
                listeners, first, first is null ? _order : first.Order - 1, _order, thread.Newest ?? _start, skipped);
            (cursor.At, cursor.Order, cursor.KnownBytes, cursor.IsLate) =
                (first, attachment.Order, listeners.Bytes, first is not null);
            listeners.Add(cursor);
            return true;
        }
    }

    /// <summary>The first frame of a channel or pattern behind another one of the window; null: none.</summary>
    public ChannelLink? Behind(string name, long order)
    {
        lock (_gate)
        {
            var threads = name.EndsWith('*') ? _patterns : _channels;
            return threads.TryGetValue(name, out var thread) ? thread.Behind(order) : null;
        }
    }

    /// <summary>Whether a cursor that has everything up to the offset can begin here.</summary>
    public bool Covers(long offset) => offset >= Start;

    /// <summary>The cursor listens no more.</summary>
    public void Detach(string name, ThreadNews<ChannelListeners> news, ChannelCursor cursor)
    {
        lock (_gate)
        {
            var threads = name.EndsWith('*') ? _patterns : _channels;
            if (!threads.TryGetValue(name, out var thread)) return;
            var listeners = thread.ListenersOf(news);
            listeners.Remove(cursor);
            thread.RemoveIfUnused(listeners);
            // A pattern's thread is made again from the channels' when somebody listens.
            if (thread.Listeners is null && (threads == _patterns || thread.IsIdle)) threads.Remove(name);
        }
    }

    /// <summary>Null: the thread of a pattern lacks something behind the offset, and was completed just now for others.</summary>
    private ChannelThread? ThreadOf(string name, long after)
    {
        var isPattern = name.EndsWith('*');
        var threads = isPattern ? _patterns : _channels;
        if (threads.TryGetValue(name, out var thread) && after >= thread.CompleteAfter) return thread;
        if (isPattern && after < _head)
        {
            var now = Environment.TickCount64;
            if (thread is not null || now - _filledAt < FillMilliseconds) return null;
            _filledAt = now;
        }

        thread = new ChannelThread { CompleteAfter = isPattern ? _head : 0 };
        threads.Add(name, thread);
        if (isPattern && after < _head) Fill(thread, ChannelName.PrefixOf(name));
        return thread;
    }

    private void Add(Message message, ChannelPart part)
    {
        var frame = ChannelWireForm.Frame(message, part);
        var order = ++_order;
        if (!_channels.TryGetValue(part.Channel, out var thread))
        {
            thread = new ChannelThread();
            // Nothing is kept of what is not stored, and nobody waits for it: a pattern's listeners get it below.
            if (message.Offset > 0) _channels.Add(part.Channel, thread);
        }

        if (part.Retracts is { } offset) thread.Find(offset)?.Supersede();
        thread.Append(frame, order, part.Key);
        foreach (var pattern in PatternsOf(part.Channel)) pattern.Append(frame, order, key: null);
        if (message.Offset == 0) return;
        _held.Enqueue(new Held(part.Channel, part.Key, frame.Bytes.Length));
        budget.Take(frame.Bytes.Length + FrameOverhead);
    }

    /// <summary>The threads of the patterns that cover a channel, as long as no other is asked for.</summary>
    private List<ChannelThread> PatternsOf(string name)
    {
        _matching.Clear();
        if (_patterns.Count == 0) return _matching;
        var patterns = _patterns.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> pattern = stackalloc char[ChannelName.MaxLength + 1];
        for (var end = name.IndexOf(':', StringComparison.Ordinal); end >= 0; end = name.IndexOf(':', end + 1))
        {
            name.AsSpan(0, end + 1).CopyTo(pattern);
            pattern[end + 1] = '*';
            if (patterns.TryGetValue(pattern[..(end + 2)], out var thread)) _matching.Add(thread);
        }

        return _matching;
    }

    /// <summary>A pattern that nobody listened to gets what the window holds of its channels.</summary>
    private void Fill(ChannelThread pattern, string prefix)
    {
        List<ChannelLink> found = [];
        foreach (var (name, channel) in _channels)
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal)) continue;
            for (var link = channel.First; link is not null; link = link.Next)
                if (link.Frame.Offset > 0) found.Add(link);
        }

        pattern.CompleteAfter = _start;
        found.Sort((a, b) => a.Order.CompareTo(b.Order));
        foreach (var link in found) pattern.Append(link.Frame, link.Order, key: null);
    }

    private void DropOldest()
    {
        var held = _held.Dequeue();
        budget.Return(held.Bytes + FrameOverhead);
        var thread = _channels[held.Channel];
        var frame = thread.First!.Frame;
        thread.Drop(held.Key);
        if (thread.IsIdle) _channels.Remove(held.Channel);
        foreach (var pattern in PatternsOf(held.Channel))
            if (pattern.First?.Frame == frame) pattern.Drop(key: null);
        Volatile.Write(ref _start, frame.Offset);
    }

    /// <summary>A frame that the window holds, for its end.</summary>
    private readonly record struct Held(string Channel, string? Key, int Bytes);
}
