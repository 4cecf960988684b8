using NotifyHub.Gateway.Channels;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// What waits for one client beside the log, in order: pongs, answers, a new place for its cursor, a close frame. Most clients
/// never have any, so it holds nothing until it is used. It takes whatever comes: while it is full, the client's reader reads
/// nothing that could be answered.
/// </summary>
internal sealed class Outbox(int maxBytes, ClientMemory memory)
{
    /// <summary>What an answer takes in memory beside its bytes, about.</summary>
    public const int AnswerOverhead = 48;

    private readonly Lock _lock = new();
    private Queue<byte[]>? _answers;
    private Move? _move;
    private int _answersBeforeMove;
    private byte[]? _last;
    private bool _isClosed;
    private int _bytes;
    private TaskCompletionSource? _room;

    /// <summary>A place to go on from: what is said first, the cursor, the offset before it, and the page of history that it is
    /// on.</summary>
    public sealed record Move(byte[] Frames, Cursor Cursor, long Offset, HeldPage? Page);

    /// <summary>What goes out in one send.</summary>
    /// <param name="Buffer">Its bytes, from the start.</param>
    /// <param name="Length">How many.</param>
    /// <param name="Cost">Passed to <see cref="SetSent"/> when the connection has taken them.</param>
    /// <param name="Move">The place that the cursor has behind them.</param>
    /// <param name="IsLast">Nothing follows.</param>
    public readonly record struct Outgoing(byte[] Buffer, int Length, int Cost, Move? Move, bool IsLast);

    /// <summary>Bytes of answers that the connection has not taken yet; read without the lock.</summary>
    public int Bytes => Volatile.Read(ref _bytes);

    /// <summary>Something waits to be taken.</summary>
    public bool HasMore
    {
        get
        {
            lock (_lock) return Next() is not null;
        }
    }

    /// <summary>Nothing more is to be asked for: as much waits as may, or anything while the gateway has no memory
    /// left.</summary>
    public bool IsFull => Bytes >= maxBytes || (Bytes > 0 && memory.IsFull);

    /// <summary>Completes when there is room again, or nothing more is answered anyhow.</summary>
    public Task RoomAsync()
    {
        lock (_lock)
        {
            if (_isClosed || !IsFull) return Task.CompletedTask;
            return (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Answers after the close frame are dropped silently: a caller may have checked just before it was
    /// queued.</summary>
    public void Add(byte[] frames)
    {
        lock (_lock)
        {
            if (_isClosed) return;
            Count(Cost(frames));
            (_answers ??= new()).Enqueue(frames);
        }
    }

    /// <summary>Takes the place of a move that still waits. False: dropped, as nothing more is said.</summary>
    public bool TryMove(Move move)
    {
        Move? replaced;
        lock (_lock)
        {
            if (_isClosed) return false;
            replaced = _move;
            _move = move;
            _answersBeforeMove = _answers?.Count ?? 0;
        }

        replaced?.Page?.Release();
        return true;
    }

    /// <summary>The close frame always fits, with what is said before it: both are small and nothing follows.</summary>
    public void AddLast(byte[] frames)
    {
        lock (_lock)
        {
            _isClosed = true;
            _last = frames;
            _room?.TrySetResult();
        }
    }

    /// <summary>Throws away what waits; only the last word can still come.</summary>
    public void Clear()
    {
        Move? dropped;
        lock (_lock)
        {
            _isClosed = true;
            foreach (var answer in _answers ?? []) Count(-Cost(answer));
            dropped = _move;
            (_answers, _move, _last) = (null, null, null);
            _room?.TrySetResult();
        }

        dropped?.Page?.Release();
    }

    /// <summary>Takes the oldest that waits, and what follows it as far as it can be joined.</summary>
    /// <param name="joined">Where more than one is joined; its length bounds how much.</param>
    /// <param name="next">What to send.</param>
    public bool TryTake(byte[] joined, out Outgoing next)
    {
        var (buffer, length, cost, isLast) = (Array.Empty<byte>(), 0, 0, false);
        Move? move = null;
        lock (_lock)
        {
            var taken = 0;
            for (; Next() is { } frames && (taken == 0 || length + frames.Length <= joined.Length); taken++)
            {
                if (taken == 0)
                {
                    buffer = frames;
                }
                else
                {
                    if (taken == 1) buffer.CopyTo(joined, 0);
                    buffer = joined;
                    frames.CopyTo(joined, length);
                }

                length += frames.Length;
                if (_move is not null && _answersBeforeMove == 0) (move, _move) = (_move, null);
                else if (_answers is not null) cost += TakeAnswer();
                else (isLast, _last) = (true, null);
            }

            next = new Outgoing(buffer, length, cost, move, isLast);
            return taken > 0;
        }
    }

    /// <summary>The connection has taken answers of this cost, or will take nothing more.</summary>
    public void SetSent(int cost)
    {
        if (cost == 0) return;
        lock (_lock)
        {
            Count(-cost);
            // Not at once when one byte has gone: reading in larger pieces costs less.
            if (_room is null || _bytes > maxBytes / 2 || IsFull) return;
            _room.TrySetResult();
            _room = null;
        }
    }

    private static int Cost(byte[] frames) => frames.Length + AnswerOverhead;

    private byte[]? Next() =>
        _move is not null && _answersBeforeMove == 0 ? _move.Frames : _answers is { Count: > 0 } ? _answers.Peek() : _last;

    private int TakeAnswer()
    {
        var frames = _answers!.Dequeue();
        if (_answers.Count == 0) _answers = null;
        if (_move is not null) _answersBeforeMove--;
        return Cost(frames);
    }

    private void Count(int bytes)
    {
        Volatile.Write(ref _bytes, _bytes + bytes);
        memory.Take(bytes);
    }
}
