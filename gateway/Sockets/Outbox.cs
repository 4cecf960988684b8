namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// What waits for one client beside the log: pongs, answers, a new place for its cursor, a close frame; in order. Most clients
/// never have any, so it holds nothing until it is used, and is its own lock. Bounded: a client that asks and does not read is cut off.
/// </summary>
internal sealed class Outbox(int maxBytes)
{
    private Queue<Item>? _items;
    private int _bytes;
    private bool _isClosed;

    /// <summary>A place to go on from, the offset before it, and, for a page of history, whom to tell at its end.</summary>
    public sealed record Move(Cursor Cursor, long Offset, TaskCompletionSource? PageFinished);

    private readonly record struct Item(byte[] Frames, Move? Move, bool IsLast);

    /// <summary>Bytes that wait right now; read without the lock.</summary>
    public int Bytes => Volatile.Read(ref _bytes);

    /// <summary>False: full. After the last one whatever comes is dropped.</summary>
    public bool TryAdd(byte[] frames) => TryAdd(new Item(frames, null, IsLast: false));

    public bool TryMove(byte[] frames, Move move) => TryAdd(new Item(frames, move, IsLast: false));

    /// <summary>The close frame always fits, with what is said before it: both are small and nothing follows.</summary>
    public void AddLast(byte[] frames)
    {
        lock (this)
        {
            _isClosed = true;
            _bytes += frames.Length;
            (_items ??= new()).Enqueue(new Item(frames, null, IsLast: true));
        }
    }

    /// <summary>Takes the oldest that waits.</summary>
    public bool TryTake(out byte[] frames, out Move? move, out bool isLast)
    {
        frames = [];
        move = null;
        isLast = false;
        lock (this)
        {
            if (_items is not { Count: > 0 }) return false;
            var item = _items.Dequeue();
            if (_items.Count == 0) _items = null;
            _bytes -= item.Frames.Length;
            (frames, move, isLast) = (item.Frames, item.Move, item.IsLast);
            return true;
        }
    }

    private bool TryAdd(Item item)
    {
        lock (this)
        {
            // Whoever looked just before the close frame came is told nothing of it here; the wire must not be either.
            if (_isClosed) return true;
            // One answer always fits, however long: it is no longer than the question.
            if (_items is not null && _bytes + item.Frames.Length > maxBytes) return false;
            _bytes += item.Frames.Length;
            (_items ??= new()).Enqueue(item);
            return true;
        }
    }
}
