using System.Buffers;
using System.Text;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Reads the head of an HTTP/1.1 request just well enough to recognise an ordinary request for a WebSocket. Whatever is unusual,
/// broken, incomplete or anything else is "not recognised" and goes to the HTTP server, which knows all the rules and how to
/// refuse.
/// </summary>
public static class RequestHead
{
    /// <summary>Longer heads are the HTTP server's business.</summary>
    public const int MaxBytes = 4096;

    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> ValueBytes =
        SearchValues.Create([(byte)'\t', .. Enumerable.Range(0x20, 0x5f).Select(b => (byte)b)]);

    private static ReadOnlySpan<byte> End => "\r\n\r\n"u8;

    /// <summary>Null: not recognised. Otherwise the request and the length of its head.</summary>
    public static HandshakeRequest? Recognise(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (!bytes.StartsWith("GET /"u8)) return null;
        var end = bytes.IndexOf(End);
        if (end < 0) return null;
        length = end + End.Length;
        var head = bytes[..(end + 2)];
        var lineEnd = head.IndexOf("\r\n"u8);
        var line = head[..lineEnd];
        if (!line.EndsWith(" HTTP/1.1"u8)) return null;
        var target = line["GET ".Length..^" HTTP/1.1".Length];
        if (target.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7e) >= 0) return null;
        var queryStart = target.IndexOf((byte)'?');
        var path = Text(queryStart < 0 ? target : target[..queryStart]);
        if (!Handshake.IsSocketPath(path)) return null;

        var fields = new Fields();
        var rest = head[(lineEnd + 2)..];
        while (rest.Length > 0)
        {
            lineEnd = rest.IndexOf("\r\n"u8);
            if (!fields.TryTake(rest[..lineEnd])) return null;
            rest = rest[(lineEnd + 2)..];
        }

        return fields.AsksForWebSocket
            ? new HandshakeRequest(
                path, queryStart < 0
                    ? "" : Text(target[queryStart..]), fields.Key, fields.Version, fields.Protocols, fields.Origin,
                fields.UserAgent ?? "", fields.Authorization, fields.ApiKey, fields.ForwardedFor)
            : null;
    }

    private static string Text(ReadOnlySpan<byte> ascii) => Encoding.ASCII.GetString(ascii);

    /// <summary>The header fields that matter; one that comes twice is left to the HTTP server.</summary>
    private ref struct Fields
    {
        public string? Host;
        public string? Upgrade;
        public string? Connection;
        public string? Key;
        public string? Version;
        public string? Protocols;
        public string? Origin;
        public string? UserAgent;
        public string? Authorization;
        public string? ApiKey;
        public string? ForwardedFor;

        public readonly bool AsksForWebSocket =>
            Host is not null
            && "websocket".Equals(Upgrade, StringComparison.OrdinalIgnoreCase)
            && Connection is not null
            && Connection.Split(',', StringSplitOptions.TrimEntries).Contains("upgrade", StringComparer.OrdinalIgnoreCase);

        public bool TryTake(ReadOnlySpan<byte> line)
        {
            var colon = line.IndexOf((byte)':');
            if (colon <= 0) return false;
            var name = line[..colon];
            var value = line[(colon + 1)..].Trim(" \t"u8);
            // Anything but visible ASCII is for the HTTP server to judge; so is a bare CR or LF, which two parsers may understand
            // in two ways.
            if (name.IndexOfAnyExcept(NameBytes) >= 0 || value.IndexOfAnyExcept(ValueBytes) >= 0) return false;
            switch (name.Length)
            {
                case 4 when Is(name, "host"u8): return TrySet(ref Host, value);
                case 6 when Is(name, "origin"u8): return TrySet(ref Origin, value);
                case 7 when Is(name, "upgrade"u8): return TrySet(ref Upgrade, value);
                case 9 when Is(name, "x-api-key"u8): return TrySet(ref ApiKey, value);
                case 10 when Is(name, "connection"u8): return TrySet(ref Connection, value);
                case 10 when Is(name, "user-agent"u8): return TrySet(ref UserAgent, value);
                case 13 when Is(name, "authorization"u8): return TrySet(ref Authorization, value);
                case 15 when Is(name, "x-forwarded-for"u8): return TrySet(ref ForwardedFor, value);
                case 17 when Is(name, "sec-websocket-key"u8): return TrySet(ref Key, value);
                case 21 when Is(name, "sec-websocket-version"u8): return TrySet(ref Version, value);
                case 22 when Is(name, "sec-websocket-protocol"u8): return TrySet(ref Protocols, value);
                // A body in front of the upgrade is for the HTTP server to read or to refuse.
                case 14 when Is(name, "content-length"u8): return false;
                case 17 when Is(name, "transfer-encoding"u8): return false;
                default: return true;
            }
        }

        private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lower) => Ascii.EqualsIgnoreCase(name, lower);

        private static bool TrySet(ref string? field, ReadOnlySpan<byte> value)
        {
            if (field is not null) return false;
            field = Text(value);
            return true;
        }
    }
}
