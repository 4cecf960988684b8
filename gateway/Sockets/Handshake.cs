using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace NotifyHub.Gateway.Sockets;

/// <summary>A handshake that was accepted.</summary>
/// <param name="AcceptKey">The value of <c>Sec-WebSocket-Accept</c>.</param>
/// <param name="Protocol">"notifyhub.v1", or "" for the guide's plain clients.</param>
/// <param name="Since">The last offset the client has, when it resumes.</param>
/// <param name="Epoch">The epoch that offset belongs to, when the client knows it.</param>
/// <param name="Channels">The channels and patterns that it names, when it names any or none on purpose; null: it does
/// not.</param>
/// <param name="Position">The position that it goes on from.</param>
public sealed record Handshake(
    string AcceptKey,
    string Protocol,
    long? Since,
    string? Epoch,
    IReadOnlyList<string>? Channels = null,
    string? Position = null)
{
    /// <summary>A client of <c>notifyhub.v1</c> that uses channels from the beginning.</summary>
    public bool NamesChannels => Protocol.Length > 0 && (Channels is not null || Position is not null);

    /// <summary>The subprotocol with offsets, resuming and gaps.</summary>
    public const string V1 = "notifyhub.v1";

    // RFC 6455, section 1.3.
    private const int MaxPositionLength = Gateway.Channels.Position.MaxLength;

    private const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>The paths that take WebSocket upgrades.</summary>
    public static bool IsSocketPath(string path) => path is "/" or "/ws";

    /// <summary>The client understands an <c>error</c> frame, so that it can be refused by one.</summary>
    public bool IsV1 => Protocol.Length > 0;

    /// <summary>Judges a request whose <c>Upgrade</c> and <c>Connection</c> headers ask for a WebSocket.</summary>
    /// <param name="request">What the client sent.</param>
    /// <param name="allowedOrigins">The setting.</param>
    /// <param name="handshake">Also with a fault if it is in the query alone: the upgrade can be sent, and who may not even
    /// learn why it is refused is refused by then.</param>
    /// <param name="fault">Why it is refused; null: it is not.</param>
    public static bool TryAccept(
        HandshakeRequest request,
        IReadOnlyList<string> allowedOrigins,
        [NotNullWhen(true)] out Handshake? handshake,
        [NotNullWhen(false)] out HandshakeFault? fault)
    {
        handshake = null;
        fault = null;
        if (request.Version != "13")
        {
            fault = HandshakeFault.Version;
        }
        else if (request.Key is not { Length: 24 } key || !Base64.IsValid(key, out var keyBytes) || keyBytes != 16)
        {
            fault = HandshakeFault.Key;
        }
        else if (!IsAllowed(request.Origin, allowedOrigins))
        {
            fault = HandshakeFault.Origin;
        }
        else
        {
            if (!TryReadPlace(request.Query, out var place)) fault = HandshakeFault.Since;
            handshake = place with { AcceptKey = AcceptKeyFor(key), Protocol = OffersV1(request.Protocols) ? V1 : "" };
        }

        return fault is null;
    }

    /// <summary>The whole answer to an accepted request.</summary>
    public byte[] Response()
    {
        var protocol = Protocol.Length > 0 ? $"Sec-WebSocket-Protocol: {Protocol}\r\n" : "";
        return Encoding.ASCII.GetBytes(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + $"Sec-WebSocket-Accept: {AcceptKey}\r\n{protocol}\r\n");
    }

    private static string AcceptKeyFor(string key)
    {
        Span<byte> text = stackalloc byte[24 + 36];
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        Encoding.ASCII.GetBytes(key, text);
        Encoding.ASCII.GetBytes(Guid, text[24..]);
#pragma warning disable CA5350 // RFC 6455 prescribes SHA-1 here; it proves that the server speaks WebSocket and protects nothing.
        SHA1.HashData(text, hash);
#pragma warning restore CA5350
        return Convert.ToBase64String(hash);
    }

    /// <summary>
    /// A page's origin is checked, since browsers let any page open a WebSocket. Programs send none. <c>null</c> is no exception:
    /// any page can have that origin, by a sandboxed frame; nor is this machine, where any program may serve a page.
    /// </summary>
    private static bool IsAllowed(string? origin, IReadOnlyList<string> allowed) =>
        allowed.Count == 0 || origin is null || allowed.Contains(origin, StringComparer.OrdinalIgnoreCase);

    private static bool OffersV1(string? protocols) =>
        protocols is not null && protocols.Split(',', StringSplitOptions.TrimEntries).Contains(V1, StringComparer.Ordinal);

    private static bool TryReadPlace(string query, out Handshake place)
    {
        place = new Handshake("", "", null, null);
        if (query.Length < 2) return true;
        var values = QueryHelpers.ParseQuery(query);
        if (values.TryGetValue("epoch", out var epochs)) place = place with { Epoch = epochs[0] };
        if (values.TryGetValue("channels", out var channels))
            place = place with { Channels = channels.ToString().Split(',', StringSplitOptions.RemoveEmptyEntries) };
        if (values.TryGetValue("position", out var positions))
        {
            if (positions is not [{ } position] || position.Length > MaxPositionLength) return false;
            place = place with { Position = position };
        }

        if (!values.TryGetValue("since", out var sinces)) return true;
        // Offsets are of one channel.
        if (sinces is not [{ } text] || place.Channels is { Count: > 1 }) return false;
        // The framework takes "41\0" for 41.
        if (text.Contains('\0', StringComparison.Ordinal)
            || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var since)) return false;
        place = place with { Since = since };
        return true;
    }
}
