namespace NotifyHub.Bench.Peers;

/// <summary>Splits the input of one push connection of <see cref="Floor"/> into lines.</summary>
internal sealed class PushLines
{
    /// <summary>The longest line plus what one read may add.</summary>
    public const int MaxBytes = 2 << 20;

    private byte[] _bytes = new byte[512 << 10];
    private byte[] _answers = [];
    private int _from, _to;

    /// <exception cref="InvalidOperationException">A line is longer than the limit.</exception>
    public void Add(ReadOnlySpan<byte> received)
    {
        if (_to + received.Length > _bytes.Length)
        {
            _bytes.AsSpan(_from, _to - _from).CopyTo(_bytes);
            (_from, _to) = (0, _to - _from);
            var needed = _to + received.Length;
            if (needed > MaxBytes) throw new InvalidOperationException("A pushed line is too long.");
            if (needed > _bytes.Length) Array.Resize(ref _bytes, MaxBytes);
        }
        received.CopyTo(_bytes.AsSpan(_to));
        _to += received.Length;
    }

    /// <summary>The next complete line, without its end.</summary>
    public bool TryTake(out ReadOnlySpan<byte> line)
    {
        var unread = _bytes.AsSpan(_from, _to - _from);
        var end = unread.IndexOf((byte)'\n');
        line = end < 0 ? default : unread[..end];
        _from += end + 1;
        if (_from == _to) _from = _to = 0;
        return end >= 0;
    }

    /// <summary>Answers <c>ok</c> for this many lines.</summary>
    public ReadOnlySpan<byte> Answers(int lines)
    {
        if (_answers.Length < lines * 3)
        {
            _answers = new byte[lines * 6];
            for (var i = 0; i < _answers.Length; i += 3) "ok\n"u8.CopyTo(_answers.AsSpan(i));
        }
        return _answers.AsSpan(0, lines * 3);
    }
}
