using System.Net.Sockets;
using CsCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;
using static NotifyHub.UnitTests.Sockets.WireFrames;

namespace NotifyHub.UnitTests.Sockets;

public sealed class ClientReaderTests : IDisposable
{
    private const int MaxBytes = 1_000;

    private readonly Sender _sender = GatewayParts.NewSender(0, 1 << 20, new DeliveryCounts());
    private readonly FrameRate _rate = new(1_000_000);
    private readonly ClientMemory _memory = new(16 << 20, TimeProvider.System);
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly GatewayParts _parts;
    private readonly ClientReader _reader;

    public ClientReaderTests()
    {
        var channel = new FakeChannel();
        _parts = new GatewayParts(channel.Grains, memory: _memory, clock: _clock);
        _reader = new ClientReader(
            _parts.Subscriptions, _parts.Requests, _memory, MaxBytes, NullLogger<ClientReader>.Instance);
    }

    public void Dispose()
    {
        _sender.Dispose();
        _parts.Dispose();
    }

    [Fact]
    public Task However_the_bytes_are_cut_the_answers_are_the_same() =>
        Gen.Int[1, 40].Array[1, 30].SampleAsync(
            async cuts =>
            {
                byte[] said =
                [
                    .. MaskedText("""{"type":"ping","time":1}"""),
                    .. Masked(1, """{"type":"pi"""u8, final: false), .. Masked(9, "hi"u8), .. Masked(0, """ng","time":[2]}"""u8),
                    .. MaskedText("nonsense"), .. MaskedText(""),
                    .. Masked(1, ""u8, final: false), .. Masked(0, """{"type":"ping"}"""u8),
                    .. MaskedText($$"""{"type":"ping","time":"{{new string('x', 900)}}"}"""), .. Masked(8, [0x03, 0xe8]),
                ];
                var (peer, reading) = Begin();
                using var ended = peer;
                for (var (at, i) = (0, 0); at < said.Length; i++)
                {
                    var count = Math.Min(cuts[i % cuts.Length], said.Length - at);
                    await peer.Socket.SendAsync(said.AsMemory(at, count));
                    at += count;
                }

                Assert.Equal(CloseReason.ByClient, await reading);
                await Until.TrueAsync(() => peer.IsOver);
                Assert.Equal(
                    [
                        """1 {"type":"pong","time":1}""", "10 hi", """1 {"type":"pong","time":[2]}""",
                        """1 {"type":"error","code":"INVALID_JSON","message":"Send one JSON object per message."}""",
                        """1 {"type":"error","code":"INVALID_JSON","message":"Send one JSON object per message."}""",
                        """1 {"type":"pong"}""", $$"""1 {"type":"pong","time":"{{new string('x', 900)}}"}""", "8 \u0003\ufffd",
                    ],
                    peer.Frames().Select(frame => $"{frame.Opcode} {frame.Text}"));
                var counters = peer.Counters;
                Assert.Equal(
                    (6, 6, 2, _clock.GetUtcNow()), (counters.Received, counters.Sent, counters.Errors, counters.LastPingAt));
            },
            iter: 20,
            threads: 1);

    public static TheoryData<string, byte[], int> Broken => new()
    {
        { "binary", Masked(2, "{}"u8), 1003 },
        { "empty binary", Masked(2, ""u8), 1003 },
        { "too big", MaskedText(new string(' ', MaxBytes + 1)), 1009 },
        { "too big in pieces", [.. Masked(1, new byte[600], final: false), .. Masked(0, new byte[600], final: false)], 1009 },
        { "far too big", MaskedText(new string(' ', 100 * MaxBytes)), 1009 },
        { "not UTF-8", Masked(1, [0xc3, 0x28]), 1007 },
        { "half a character", Masked(1, [0xe6]), 1007 },
        { "not UTF-8, the rest of the frame yet to come", Masked(1, [0xc3, 0x28, .. new byte[200]])[..10], 1007 },
        { "half a character, and an empty end", [.. Masked(1, [0xe6, 0x99], final: false), .. Masked(0, ""u8)], 1007 },
        {
            "a surrogate, broken over two fragments",
            [.. Masked(1, [0xed], final: false), .. Masked(0, [0xa0, 0x80])[..^1]], 1007
        },
        { "a code point beyond the last, in the first fragment of many", Masked(1, [.. "ok"u8, 0xf4, 0x90], final: false), 1007 },
        { "unmasked", [0x81, 0x07, .. "{\"a\":1}"u8], 1002 },
        { "unmasked and short", [0x81, 0x01, 0x20], 1002 },
        { "unmasked and empty", [0x89, 0x00], 1002 },
        { "unmasked and long, only begun", [0x81, 0x7e], 1002 },
        { "longer than there are numbers", [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], 1002 },
        { "reserved bit", [0xc1, 0x80, 0, 0, 0, 0], 1002 },
        { "reserved opcode", Masked(3, "{}"u8), 1002 },
        { "stray continuation", Masked(0, "{}"u8), 1002 },
        { "text within a text", [.. Masked(1, "{"u8, final: false), .. Masked(1, "}"u8)], 1002 },
        { "fragmented ping", Masked(9, ""u8, final: false), 1002 },
        { "long ping", Masked(9, new byte[126]), 1002 },
        { "close with half a code", Masked(8, [3]), 1002 },
        { "close with a code that is none", Masked(8, [0x03, 0xed]), 1002 },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task What_is_broken_is_closed_with_its_code(string what, byte[] bytes, int code)
    {
        var (peer, reading) = Begin();
        using var ended = peer;
        await peer.Socket.SendAsync(bytes);
        await peer.UntilAsync(frames => frames is [.., { Opcode: WireFrame.Close }]);
        Assert.True(code == peer.Frames()[^1].CloseCode, $"{what}: {peer.Frames()[^1].CloseCode}");
        // The peer's half of the close: a close frame or, where frames can no longer be parsed, the end of its stream.
        if (code is 1003 or 1009) await peer.Socket.SendAsync(Masked(8, [0x03, 0xe8]));
        else peer.Socket.Shutdown(SocketShutdown.Send);

        var reason = await reading;
        Assert.Equal((code, true), (reason.Code, reason.Abnormal));
        Assert.Single(peer.Frames());
    }

    [Fact]
    public async Task A_client_that_keeps_sending_after_a_protocol_error_still_gets_the_close_code()
    {
        // Closing a connection with bytes unread resets it, and the reset may overtake the close frame.
        var (peer, reading) = Begin();
        using var ended = peer;
        peer.Pause();
        await peer.Socket.SendAsync(Masked(3, "{}"u8));
        for (var i = 0; i < 50; i++) await peer.Socket.SendAsync(new byte[100_000]);
        peer.Socket.Shutdown(SocketShutdown.Send);

        Assert.Equal(CloseReason.ProtocolError, await reading);
        peer.Resume();
        await peer.UntilAsync(frames => frames is [{ Opcode: WireFrame.Close, CloseCode: 1002 }]);
    }

    [Fact]
    public async Task A_message_of_the_greatest_length_is_taken()
    {
        var (peer, reading) = Begin();
        using var ended = peer;
        await peer.Socket.SendAsync(MaskedText("""{"type":"ping"}""" + new string(' ', MaxBytes - 15)));
        await peer.UntilAsync(frames => frames is [{ Opcode: 1 }]);
        Assert.False(reading.IsCompleted);
    }

    [Fact]
    public async Task An_escaped_lone_surrogate_is_answered_and_the_connection_stays()
    {
        var (peer, reading) = Begin();
        using var ended = peer;
        await peer.Socket.SendAsync(MaskedText("""{"\ud800x":1}"""));
        await peer.UntilAsync(frames => frames is [{ Opcode: 1 }]);
        Assert.Equal("INVALID_JSON", peer.Frames()[0].Json.GetProperty("code").GetString());
        Assert.False(reading.IsCompleted);
    }

    [Fact]
    public async Task A_plain_client_that_subscribes_is_refused_and_stays()
    {
        var (peer, reading) = Begin();
        using var ended = peer;
        await peer.Socket.SendAsync(MaskedText("""{"type":"subscribe","channel":"all"}"""));
        await peer.UntilAsync(frames => frames is [{ Opcode: 1 }]);
        Assert.Equal("VALIDATION_ERROR", peer.Frames()[0].Json.GetProperty("code").GetString());
        Assert.False(reading.IsCompleted);
    }

    [Fact]
    public async Task A_peer_that_leaves_without_a_word_is_lost()
    {
        foreach (var leave in (Action<Peer>[])[peer => peer.Socket.Shutdown(SocketShutdown.Send), peer => peer.Socket.Close(0)])
        {
            var (peer, reading) = Begin();
            using var ended = peer;
            leave(peer);
            Assert.Equal(CloseReason.Lost, await reading);
        }
    }

    /// <summary>A client that reads its answers late isn't read from in the meantime, and gets all answers later.</summary>
    [Fact]
    public async Task While_answers_wait_reading_pauses_and_then_all_are_answered()
    {
        var (peer, reading) = Begin(bufferBytes: 16 << 10);
        using var ended = peer;
        peer.Pause();
        byte[] burst =
        [
            .. Enumerable.Range(0, 2_000)
                .SelectMany(number => MaskedText($$"""{"type":"ping","time":"{{number}}{{new string('x', 900)}}"}""")),
        ];
        var sending = peer.Socket.SendAsync(burst);
        // It pauses at 64 KiB and goes on below 32 KiB; the system may take some more in between.
        await Until.TrueAsync(
            () => peer.Client.IsReadingPaused && peer.Client.OutboxBytes > 32 << 10,
            () => $"{peer.Client.IsReadingPaused}, {peer.Client.OutboxBytes} bytes");
        Assert.InRange(_memory.Used, 1, 66 << 10);
        // As many answers as fit into the outbox and the system's buffers; the other requests stay unread.
        Assert.InRange(peer.Client.Received, 60, 1_000);

        peer.Resume();
        await peer.UntilAsync(frames => frames.Count == 2_000);
        await sending;
        Assert.Equal(
            Enumerable.Range(0, 2_000).Select(number => $"{number}{new string('x', 900)}"),
            peer.Frames().Select(frame => frame.Json.GetProperty("time").GetString()));
        Assert.False(reading.IsCompleted);
        await Until.TrueAsync(() => _memory.Used == 0);
    }

    [Fact]
    public async Task A_long_message_waits_until_there_is_memory_for_it_and_gives_it_back()
    {
        var reader = new ClientReader(
            _parts.Subscriptions, _parts.Requests, _memory, 64 << 10, NullLogger<ClientReader>.Instance);
        using var peer = new Peer(_sender, v1: false, memory: _memory);
        var connection = new ClientConnection(peer.Server, null);
        var reading = reader.ReadAsync(peer.Client, new ClientStream(peer.Client, connection, _rate), _ => { });
        _memory.Take(16 << 20);
        await peer.Socket.SendAsync(MaskedText($$"""{"type":"ping","time":"{{new string('x', 50_000)}}"}"""));
        await Until.TrueAsync(() => _memory.Shortage > 0);
        Assert.True(peer.Client.IsReadingPaused);
        Assert.Empty(peer.Frames());

        _memory.Return(16 << 20);
        await peer.UntilAsync(frames => frames.Count == 1);
        await Until.TrueAsync(() => _memory.Used == 0 && peer.Client.HeldBytes == 0);

        _memory.Take(16 << 20);
        await peer.Socket.SendAsync(MaskedText($$"""{"type":"ping","time":"{{new string('x', 50_000)}}"}"""));
        await Until.TrueAsync(() => _memory.Shortage > 0);
        peer.Client.Abort(CloseReason.TooSlow);
        await reading;
        await Until.TrueAsync(() => _memory.Used == 16 << 20 && _memory.Shortage == 0);
    }

    [Fact]
    public async Task An_aborted_client_of_the_HTTP_server_ends_though_its_peer_is_silent()
    {
        // Disposing the HTTP server's stream doesn't end a pending read: a dead client behind TLS once stayed connected forever.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        await using var server = builder.Build();
        var upgraded = new TaskCompletionSource<Client>(TaskCreationOptions.RunContinuationsAsynchronously);
        var over = new TaskCompletionSource<CloseReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Run(async context =>
        {
            var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            var connection = new ClientConnection(
                null, stream, context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort);
            var client = new Client(1, new SessionOpened("c", "", "", "", default), connection, _sender.Queue, 1 << 16, _memory);
            upgraded.SetResult(client);
            over.SetResult(await ReadAsync(client, connection));
        });
        await server.StartAsync(TestContext.Current.CancellationToken);
        using var peer = new TcpClient("127.0.0.1", new Uri(server.Urls.Single()).Port);
        await peer.Client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"u8.ToArray());
        var client = await upgraded.Task;

        client.Abort(CloseReason.Dead);

        Assert.Equal(
            CloseReason.Dead, await over.Task.WaitAsync(Until.Limit, TestContext.Current.CancellationToken));
    }

    private async Task<CloseReason> ReadAsync(Client client, ClientConnection connection)
    {
        Client? ended = null;
        await _reader.ReadAsync(client, new ClientStream(client, connection, _rate), last => ended = last);
        Assert.Same(client, ended);
        return client.Reason;
    }

    private (Peer Peer, Task<CloseReason> Reading) Begin(int bufferBytes = 0)
    {
        var peer = new Peer(_sender, v1: false, bufferBytes: bufferBytes, memory: _memory);
        return (peer, ReadAsync(peer.Client, new ClientConnection(peer.Server, null)));
    }
}
