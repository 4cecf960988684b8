using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace NotifyHub.Gateway.Channels;

/// <summary>
/// A place in all logs at once: what a client shows to go on in all of its channels. The text is opaque to clients: a version,
/// the epoch, and one offset per log, the public channel's first.
/// </summary>
/// <param name="Epoch">Of all logs together: it changes when one of them has lost messages.</param>
/// <param name="Offsets">The last offset that the client has of each log.</param>
public sealed record Position(string Epoch, long[] Offsets)
{
    /// <summary>Longer ones are refused unread.</summary>
    public const int MaxLength = 512;

    private const byte Version = 1;
    private const int EpochBytes = 9;

    /// <summary>The grid's epoch, made of the logs'.</summary>
    public static string EpochOf(IEnumerable<string> epochs) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('|', epochs))).AsSpan(0, EpochBytes));

    /// <summary>URL-safe.</summary>
    public static string Write(string epoch, ReadOnlySpan<long> offsets)
    {
        var bytes = new byte[1 + EpochBytes + (10 * offsets.Length)];
        bytes[0] = Version;
        Base64Url.TryDecodeFromChars(epoch, bytes.AsSpan(1), out _);
        var at = 1 + EpochBytes;
        foreach (var offset in offsets)
        {
            var rest = (ulong)offset;
            for (; rest >= 0x80; rest >>= 7) bytes[at++] = (byte)(rest | 0x80);
            bytes[at++] = (byte)rest;
        }

        return Base64Url.EncodeToString(bytes.AsSpan(0, at));
    }

    /// <summary>Null: no position of a grid with this many logs.</summary>
    /// <param name="text">From a client.</param>
    /// <param name="logs">With the public channel's.</param>
    public static Position? TryRead(string text, int logs)
    {
        if (text.Length > MaxLength || !Base64Url.IsValid(text)) return null;
        var bytes = Base64Url.DecodeFromChars(text);
        if (bytes.Length < 1 + EpochBytes || bytes[0] != Version) return null;
        var offsets = new long[logs];
        var at = 1 + EpochBytes;
        for (var log = 0; log < logs; log++)
        {
            if (!TryReadOffset(bytes, ref at, out offsets[log])) return null;
        }

        return at == bytes.Length ? new Position(Base64Url.EncodeToString(bytes.AsSpan(1, EpochBytes)), offsets) : null;
    }

    private static bool TryReadOffset(byte[] bytes, ref int at, out long offset)
    {
        var value = 0UL;
        offset = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (at == bytes.Length) return false;
            var next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next >= 0x80) continue;
            offset = (long)value;
            return offset >= 0;
        }

        return false;
    }
}
