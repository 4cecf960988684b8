using System.Buffers;

namespace NotifyHub.Bench;

/// <summary>All that the generator keeps of one connection.</summary>
internal struct Client
{
    public int Socket;
    public ClientPhase Phase;

    /// <summary>Never reads after the upgrade.</summary>
    public bool Slow;

    /// <summary>SignalR: upgraded, its own handshake sent.</summary>
    public bool Greeted;

    /// <summary>SignalR: bytes at the start of what is kept that are out of their frames already.</summary>
    public int Unframed;

    /// <summary>The message that came last, counted from 0.</summary>
    public long Last;

    /// <summary>Dropped by us and back again with <c>since</c>.</summary>
    public bool Resumed;

    /// <summary>Next message of the run that this client must get, counted from 0. Everything below it has arrived or is a gap.</summary>
    public long Expected;

    /// <summary>Messages of the run that were skipped. While there are none, a number below <see cref="Expected"/> is a repeat.</summary>
    public long Missed;

    /// <summary>Offset of the last envelope; -1: none yet.</summary>
    public long Offset;

    /// <summary>When the connection was opened: what was sent before it is replay and says nothing about latency.</summary>
    public long OpenedAt;

    private byte[]? _rest;
    private int _restLength;

    /// <summary>Puts the unfinished frame that the last read ended with where the next read continues it; its length.</summary>
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
