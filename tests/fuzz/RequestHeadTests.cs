using System.Buffers;
using System.Text;
using CsCheck;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;
using NotifyHub.Gateway.Sockets;
using Xunit;

namespace NotifyHub.FuzzTests;

/// <summary>
/// A request head that the gateway accepts as a WebSocket handshake on its own must mean the same to the HTTP server. Two
/// readings of the same bytes would allow request smuggling.
/// </summary>
public sealed class RequestHeadTests
{
    private static readonly string[] Names =
    [
        "Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol",
        "Origin", "User-Agent",
    ];

    private static readonly Gen<string> Header = Gen.OneOf(
        Json.OneOf(
            "Upgrade: websocket", "upgrade:\tWebSocket ", "Connection: keep-alive , Upgrade", "Connection: close",
            "Host: b", "Content-Length: 3", "Sec-WebSocket-Protocol: a, notifyhub.v1",
            "Origin: null", "Origin: https://a.example", "User-Agent:", "X: \u0080", " folded", "X : 1", "X:\r1",
            "Transfer-Encoding: chunked"),
        Gen.Select(
            Gen.Char[' ', '~'].Array[1, 8], Gen.Char[' ', '~'].Array[0, 12],
            (name, value) => $"{new string(name)}: {new string(value)}"));

    private static readonly Gen<byte[]> Head = Gen.Select(
        Json.OneOf(
            "GET / HTTP/1.1", "GET /ws?since=5&epoch=e HTTP/1.1", "GET /? HTTP/1.1", "GET //ws HTTP/1.1",
            "POST / HTTP/1.1", "GET / HTTP/1.0"),
        Header.Array[0, 4],
        Json.OneOf("\r\n", "\n", "\r\n\r\n"),
        (line, headers, end) => Encoding.Latin1.GetBytes(
            $"{line}\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + $"Sec-WebSocket-Version: 13\r\n{string.Concat(headers.Select(header => header + "\r\n"))}{end}"));

    [Fact]
    public Task What_is_recognised_the_HTTP_server_would_have_read_the_same() => Fuzzer.RunAsync("heads", Head, Check);

    /// <summary>Fails when an input is read differently than expected.</summary>
    internal static void Check(byte[] input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var request = RequestHead.Recognise(input, out var length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (4 << 10) + (8 * input.Length));
        if (request is null) return;

        Assert.True(input.AsSpan(0, length).EndsWith("\r\n\r\n"u8));
        Assert.Equal(request, RequestHead.Recognise([.. input.AsSpan(0, length), .. "\0 what follows\r\n\r\n"u8], out _));
        Assert.Null(RequestHead.Recognise(input.AsSpan(0, length - 1), out _));
        Assert.Equal(
            HandshakeOf(request), Handshake.TryAccept(request, ["https://a.example"], out _, out var fault) ? null : fault);

        var read = ServersReading(input.AsSpan(0, length).ToArray());
        Assert.Equal(request.Path + request.Query, read.Target);
        Assert.Equal(
            [null, null, null, request.Key, request.Version, request.Protocols, request.Origin, request.UserAgent],
            Names.Select((name, i) => i < 3 ? null : read.Header(name) ?? (name == "User-Agent" ? "" : null)));
        Assert.Equal("websocket", read.Header("Upgrade"), ignoreCase: true);
        Assert.Contains(
            "upgrade", read.Header("Connection")!.Split(',', StringSplitOptions.TrimEntries), StringComparer.OrdinalIgnoreCase);
        Assert.NotNull(read.Header("Host"));
        Assert.Null(read.Header("Content-Length"));
        Assert.Null(read.Header("Transfer-Encoding"));
    }

    /// <summary>The first reason to refuse the handshake, or null.</summary>
    private static HandshakeFault? HandshakeOf(HandshakeRequest request)
    {
        if (request.Version != "13") return HandshakeFault.Version;
        if (request.Key is not { Length: 24 } key || !IsKey(key)) return HandshakeFault.Key;
        if (request.Origin is not null && !request.Origin.Equals("https://a.example", StringComparison.OrdinalIgnoreCase))
            return HandshakeFault.Origin;
        var since = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(request.Query).GetValueOrDefault("since");
        return since.Count == 0
            || (since.Count == 1 && since[0]!.Length > 0 && since[0]!.All(char.IsAsciiDigit) && long.TryParse(since[0], out _))
            ? null
            : HandshakeFault.Since;
    }

    /// <summary>Whether the text is the canonical base64 form of 16 bytes.</summary>
    private static bool IsKey(string text)
    {
        var bytes = new byte[18];
        return Convert.TryFromBase64String(text, bytes, out var count)
            && count == 16 && Convert.ToBase64String(bytes, 0, count) == text;
    }

    private static ServersRequest ServersReading(byte[] head)
    {
        var request = new ServersRequest();
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(head));
        var parser = new HttpParser<ServersRequest>();
        Assert.True(parser.ParseRequestLine(request, ref reader));
        Assert.True(parser.ParseHeaders(request, ref reader));
        Assert.Equal(head.Length, reader.Consumed);
        return request;
    }

    private sealed class ServersRequest : IHttpRequestLineHandler, IHttpHeadersHandler
    {
        private readonly List<(string Name, string Value)> _headers = [];

        public string? Target { get; private set; }

        /// <summary>Null if the header is missing. Requests with a repeated header must be left to the HTTP server.</summary>
        public string? Header(string name)
        {
            var all = _headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).ToList();
            Assert.InRange(all.Count, 0, 1);
            return all.Count == 0 ? null : all[0].Value;
        }

        public void OnStartLine(HttpVersionAndMethod versionAndMethod, TargetOffsetPathLength targetPath, Span<byte> startLine)
        {
            Assert.Equal(
                (Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http.HttpMethod.Get, HttpVersion.Http11),
                (versionAndMethod.Method, versionAndMethod.Version));
            Target = Encoding.Latin1.GetString(startLine[targetPath.Offset..]).Split(' ')[0];
        }

        public void OnHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
            _headers.Add((Encoding.Latin1.GetString(name), Encoding.Latin1.GetString(value)));

        public void OnHeadersComplete(bool endStream)
        {
        }

        public void OnStaticIndexedHeader(int index) => throw new NotSupportedException();

        public void OnStaticIndexedHeader(int index, ReadOnlySpan<byte> value) => throw new NotSupportedException();
    }
}
