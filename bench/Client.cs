using System.Buffers;

namespace NotifyHub.Bench;

/// <summary>The state that the generator keeps per connection.</summary>
internal struct Client
{
    public int Socket;
    public ClientPhase Phase;

    /// <summary>Never reads after the upgrade.</summary>
    public bool Slow;

    /// <summary>SignalR: upgraded, and its handshake is sent.</summary>
    public bool Greeted;

    /// <summary>SignalR: bytes at the start of the buffer that are already unframed.</summary>
    public int Unframed;

    /// <summary>The last message received, counted from 0.</summary>
    public long Last;

    /// <summary>Was disconnected by the generator and has resumed with <c>since</c>.</summary>
    public bool Resumed;

    /// <summary>The next expected message of the run, counted from 0. Everything below it has arrived or is a gap.</summary>
    public long Expected;

    /// <summary>The number of skipped messages. While it is 0, a number below <see cref="Expected"/> is a repeat.</summary>
    public long Missed;

    /// <summary>The offset of the last envelope; -1 before the first.</summary>
    public long Offset;

    /// <summary>When the connection was opened. Messages sent before it are replay and do not count for latency.</summary>
    public long OpenedAt;

    private byte[]? _rest;
    private int _restLength;

    /// <summary>Copies the unfinished frame of the last read to where the next read continues it. Returns its length.</summary>
    public int TakeRest(Span<byte> buffer)
    {
        if (_rest is null) return 0;
        _rest.AsSpan(0, _restLength).CopyTo(buffer);
        ArrayPool<byte>.Shared.Return(_rest);
        _rest = null;
        return _restLength;
    }

    public void KeepRest(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        _rest = ArrayPool<byte>.Shared.Rent(bytes.Length);
        _restLength = bytes.Length;
        bytes.CopyTo(_rest);
    }
}
