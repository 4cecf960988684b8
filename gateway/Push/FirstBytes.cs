using System.Buffers;

namespace NotifyHub.Gateway.Push;

/// <summary>
/// Judges a connection by its first bytes. Any web page can make a browser send a request to this port, with lines of JSON in its
/// body: nothing may be published on a connection that began as another protocol.
/// </summary>
public static class FirstBytes
{
    private const int MethodLength = 16;
    private const byte TlsHandshake = 0x16;

    /// <summary>Decides as early as possible whether the connection speaks the protocol.</summary>
    /// <param name="unread">All that has arrived and was not consumed.</param>
    /// <param name="searched">How many leading bytes are known to be blanks.</param>
    /// <param name="isKeyed">Whether the first line must be <c>AUTH</c> and a key; otherwise a JSON object, or the choice of
    /// a channel.</param>
    /// <param name="fault">Why not, for the answer; null when it does.</param>
    /// <returns>False: too little has arrived.</returns>
    public static bool TryJudge(ReadOnlySequence<byte> unread, long searched, bool isKeyed, out string? fault)
    {
        fault = null;
        var reader = new SequenceReader<byte>(isKeyed ? unread : unread.Slice(searched));
        if (isKeyed) reader.AdvancePastAny((byte)'\r', (byte)'\n');
        else reader.AdvancePastAny((byte)' ', (byte)'\t', (byte)'\r', (byte)'\n');
        if (reader.End) return false;

        var first = reader.UnreadSequence;
        Span<byte> begin = stackalloc byte[(int)Math.Min(first.Length, MethodLength)];
        first.Slice(0, begin.Length).CopyTo(begin);
        if (isKeyed)
        {
            var auth = "AUTH "u8;
            if (begin.StartsWith(auth)) return true;
            if (auth.StartsWith(begin)) return false;
        }
        else if (begin[0] == '{')
        {
            return true;
        }
        else
        {
            // Not followed by a path: that is the method of a request, which a page might make a browser send.
            var choice = "CHANNEL "u8;
            if (begin.Length > choice.Length && begin.StartsWith(choice) && begin[choice.Length] != '/') return true;
            if (begin.Length <= choice.Length && choice.StartsWith(begin)) return false;
        }

        fault = begin[0] == TlsHandshake ? "error: this port speaks lines of JSON, without TLS"
            : IsHttp(begin) ? "error: this port speaks lines of JSON, not HTTP; POST /api/push does the same over HTTP"
            : isKeyed ? "error: the first line must be AUTH and the right key"
            : begin.StartsWith("AUTH "u8) ? "error: no key is set here, so the first line must be a JSON object"
            : "error: the first line must be a JSON object, which begins with {";
        return true;
    }

    private static bool IsHttp(ReadOnlySpan<byte> begin)
    {
        var method = begin.IndexOfAnyExceptInRange((byte)'A', (byte)'Z');
        return method > 0 && begin[method] == ' ' && !begin.StartsWith("AUTH "u8);
    }
}
