using System.Text;

namespace NotifyHub.Bench;

/// <summary>The HTTP upgrade, written and checked by hand (RFC 6455, section 4).</summary>
internal static class Handshake
{
    // One key for all connections: no cache is involved, and the expected answer is known beforehand.
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    private const int MaxHead = 16 << 10;

    private static ReadOnlySpan<byte> Accept => "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="u8;

    /// <param name="since">The offset to resume after; null to start with new messages.</param>
    public static byte[] Request(Uri url, bool v1, long? since)
    {
        var path = url.PathAndQuery;
        if (since is not null) path += $"{(url.Query.Length > 0 ? '&' : '?')}since={since}";
        var protocol = v1 ? "Sec-WebSocket-Protocol: notifyhub.v1\r\n" : "";
        return Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: {url.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            $"Sec-WebSocket-Key: {Key}\r\nSec-WebSocket-Version: 13\r\n{protocol}\r\n");
    }

    /// <param name="length">Bytes of the head of the answer; frames may follow immediately.</param>
    /// <param name="refusal">Why the answer is not the expected upgrade.</param>
    public static FrameStatus Read(ReadOnlySpan<byte> bytes, out int length, out string refusal)
    {
        refusal = "";
        length = bytes.IndexOf("\r\n\r\n"u8) + 4;
        if (length < 4)
        {
            refusal = "no answer to the upgrade within 16 KiB";
            return bytes.Length < MaxHead ? FrameStatus.NeedMore : FrameStatus.Invalid;
        }
        var head = bytes[..length];
        if (head.StartsWith("HTTP/1.1 101 "u8) && head.IndexOf(Accept) > 0) return FrameStatus.Complete;
        refusal = Encoding.ASCII.GetString(head[..head.IndexOf((byte)'\r')]);
        return FrameStatus.Invalid;
    }
}
