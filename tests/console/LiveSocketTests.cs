using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.Console.Live;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ConsoleTests;

/// <summary>The client of the live test page: its log, and how it reconnects.</summary>
public sealed class LiveSocketTests : IDisposable
{
    private static readonly Uri Address = new("ws://grid.test:8080/");

    private readonly FakeTimeProvider _clock = new();
    private readonly ConcurrentQueue<(Uri Address, string Protocols)> _asked = new();
    private readonly ConcurrentQueue<WebSocket> _servers = new();
    private readonly LiveSocket _socket;
    private bool _refuses;

    public LiveSocketTests() => _socket = new LiveSocket(ConnectAsync, _clock);

    public void Dispose() => _socket.Dispose();

    [Fact]
    public async Task It_shows_what_comes_by_its_kind()
    {
        var running = _socket.RunAsync(Address, v1: false, since: null);
        var server = await ServerAsync();

        await SayAsync(server, """{"type":"pong","time":1}""");
        await SayAsync(server, """{"type":"new_notification","data":{}}""");
        await SayAsync(server, "no JSON");
        await server.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "service stopped", CancellationToken.None);
        await EndAsync(running);

        Assert.Equal(
            [
                LiveEvent.Connecting, LiveEvent.Connected, LiveEvent.Pong,
                LiveEvent.Notification, LiveEvent.Received, LiveEvent.Closed,
            ],
            _socket.Log.Select(entry => entry.Kind));
        Assert.Equal((1001, "service stopped"), (_socket.Log.Last().Code, _socket.Log.Last().Text));
        Assert.Equal((3, LiveState.Off), (_socket.Received, _socket.State));
        Assert.Equal((Address, ""), Assert.Single(_asked));
    }

    [Fact]
    public async Task It_resumes_after_the_last_message_and_the_given_delay()
    {
        _ = _socket.RunAsync(Address, v1: true, since: 40);
        var server = await ServerAsync();
        await SayAsync(server, """{"type":"subscribed","channel":"all","epoch":"e 1","offset":42,"recovered":true}""");
        await SayAsync(server, """{"type":"message","channel":"all","offset":41,"data":{}}""");
        await SayAsync(server, """{"type":"message","channel":"all","offset":42,"data":{}}""");
        await SayAsync(server, """{"type":"reconnect","after_ms":1500}""");
        await server.CloseOutputAsync((WebSocketCloseStatus)1012, "service restart", CancellationToken.None);
        await Until.TrueAsync(() => _socket.State == LiveState.Waiting);
        Assert.Equal(1500, _socket.Log.Last().Code);

        _clock.Advance(TimeSpan.FromMilliseconds(1500));
        await ServerAsync();

        Assert.Equal(
            ["ws://grid.test:8080/?since=40", "ws://grid.test:8080/?since=42&epoch=e%201"],
            _asked.Select(one => one.Address.AbsoluteUri));
        Assert.All(_asked, one => Assert.Equal("notifyhub.v1", one.Protocols));
    }

    [Fact]
    public async Task Refused_for_now_it_returns_after_the_given_delay()
    {
        _ = _socket.RunAsync(Address, v1: true, since: null);
        var server = await ServerAsync();
        await SayAsync(server, """{"type":"error","code":"GATEWAY_FULL","message":"Full.","again":true,"after_ms":7000}""");
        await server.CloseOutputAsync((WebSocketCloseStatus)4503, "refused for now", CancellationToken.None);
        await Until.TrueAsync(() => _socket.State == LiveState.Waiting);

        Assert.Equal(
            [(LiveEvent.Error, null), (LiveEvent.Closed, 4503), (LiveEvent.Reconnecting, 7000)],
            _socket.Log.Skip(2).Select(entry => (entry.Kind, entry.Code)));
        Assert.Contains("GATEWAY_FULL", _socket.Log.ElementAt(2).Text, StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromMilliseconds(7000));
        await ServerAsync();
    }

    [Fact]
    public async Task The_delay_of_an_error_before_another_close_does_not_count()
    {
        _ = _socket.RunAsync(Address, v1: true, since: null);
        var server = await ServerAsync();
        await SayAsync(server, """{"type":"error","code":"UNAVAILABLE","message":"Later.","again":true,"after_ms":60000}""");
        await server.CloseOutputAsync((WebSocketCloseStatus)1012, "service restart", CancellationToken.None);
        await Until.TrueAsync(() => _socket.State == LiveState.Waiting);

        Assert.InRange(_socket.Log.Last().Code!.Value, 250, 500);
    }

    [Fact]
    public async Task A_new_epoch_and_a_gap_move_it()
    {
        _ = _socket.RunAsync(Address, v1: true, since: 7);
        var server = await ServerAsync();
        await SayAsync(server, """{"type":"subscribed","channel":"all","epoch":"a","offset":100,"recovered":false}""");
        await SayAsync(server, """{"type":"gap","channel":"all","from":8,"to":90}""");
        await Until.TrueAsync(() => _socket.Offset == 90);

        await SayAsync(server, """{"type":"subscribed","channel":"all","epoch":"b","offset":3,"recovered":false}""");
        await Until.TrueAsync(() => (_socket.Epoch, _socket.Offset) == ("b", 3));
    }

    [Fact]
    public async Task Retries_slow_down_while_there_is_no_answer()
    {
        _refuses = true;
        var running = _socket.RunAsync(Address, v1: true, since: null);
        List<long> waits = [];
        for (var attempt = 0; attempt < 8; attempt++)
        {
            await Until.TrueAsync(() => _socket.State == LiveState.Waiting && _asked.Count == attempt + 1);
            waits.Add(_socket.Log.Last().Code!.Value);
            _clock.Advance(TimeSpan.FromSeconds(15));
        }

        await Until.TrueAsync(() => _socket.State == LiveState.Waiting);
        Assert.All(
            waits.Zip([500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]),
            pair => Assert.InRange(pair.First, pair.Second / 2, pair.Second));

        await _socket.DisconnectAsync();
        await EndAsync(running);
        Assert.Equal(LiveState.Off, _socket.State);
    }

    [Theory]
    [InlineData(1001, true)]
    [InlineData(1006, true)]
    [InlineData(1011, true)]
    [InlineData(1012, true)]
    [InlineData(1013, true)]
    [InlineData(4000, true)]
    [InlineData(4499, true)]
    [InlineData(1000, false)]
    [InlineData(1002, false)]
    [InlineData(1008, false)]
    [InlineData(1009, false)]
    [InlineData(4503, true)]
    [InlineData(4500, false)]
    [InlineData(4501, false)]
    [InlineData(4504, false)]
    [InlineData(4999, false)]
    public void The_close_code_says_whether_it_comes_back(int code, bool returns) =>
        Assert.Equal(returns, LiveSocket.MayReconnect(code));

    [Theory]
    [InlineData(true, "ws://grid.test:8080/?observer=1", "notifyhub.v1 notifyhub.bearer.a.b")]
    [InlineData(false, "ws://grid.test:8080/?observer=1&token=a.b", "")]
    public async Task A_token_makes_an_observer_and_is_not_in_the_log(bool v1, string address, string protocols)
    {
        _ = _socket.RunAsync(Address, v1, since: null, token: "a.b");
        await ServerAsync();

        Assert.Equal((new Uri(address), protocols), Assert.Single(_asked));
        Assert.DoesNotContain(_socket.Log, entry => entry.Text.Contains("a.b", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_plain_client_stays_away_when_it_was_closed()
    {
        var running = _socket.RunAsync(Address, v1: false, since: null);
        await (await ServerAsync()).CloseOutputAsync((WebSocketCloseStatus)1012, "service restart", CancellationToken.None);

        await EndAsync(running);

        Assert.Single(_asked);
    }

    [Fact]
    public async Task Its_log_is_bounded_and_so_is_what_a_line_shows()
    {
        _ = _socket.RunAsync(Address, v1: false, since: null);
        var server = await ServerAsync();

        for (var i = 0; i < LiveSocket.MaxLogLines; i++) await SayAsync(server, $$"""{"n":{{i}}}""");
        await SayAsync(server, new string('x', 5_000));
        await Until.TrueAsync(() => _socket.Received == LiveSocket.MaxLogLines + 1);

        Assert.Equal(LiveSocket.MaxLogLines, _socket.Log.Count);
        Assert.Equal(new string('x', 4_000) + "… (5000)", _socket.Log.Last().Text);
    }

    [Fact]
    public async Task Without_a_connection_a_ping_says_so()
    {
        await _socket.PingAsync();

        Assert.Equal(LiveEvent.NotConnected, Assert.Single(_socket.Log).Kind);
    }

    [Fact]
    public async Task A_ping_carries_the_time_and_disconnecting_sends_a_close()
    {
        var running = _socket.RunAsync(Address, v1: true, since: null);
        var server = await ServerAsync();
        await Until.TrueAsync(() => _socket.State == LiveState.On);

        await _socket.PingAsync();
        var buffer = new byte[256];
        var ping = await server.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
        Assert.Equal(
            $$"""{"type":"ping","time":{{_clock.GetUtcNow().ToUnixTimeMilliseconds()}}}""",
            Encoding.UTF8.GetString(buffer, 0, ping.Count));

        await _socket.DisconnectAsync();
        Assert.Equal(
            WebSocketMessageType.Close, (await server.ReceiveAsync(buffer.AsMemory(), CancellationToken.None)).MessageType);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, server.CloseStatus);
        await server.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        await EndAsync(running);
        Assert.Single(_asked);
    }

    [Fact]
    public async Task Leaving_the_page_sends_a_close()
    {
        var running = _socket.RunAsync(Address, v1: true, since: null);
        var server = await ServerAsync();
        await Until.TrueAsync(() => _socket.State == LiveState.On);

        _socket.Dispose();

        Assert.Equal(
            WebSocketMessageType.Close, (await server.ReceiveAsync(new byte[16].AsMemory(), CancellationToken.None)).MessageType);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, server.CloseStatus);
        await server.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        await EndAsync(running);
        await _socket.RunAsync(Address, v1: true, since: null);
        Assert.Single(_asked);
    }

    [Fact]
    public async Task Disconnecting_while_connecting_closes_the_connection_that_still_opens()
    {
        var connected = new TaskCompletionSource();
        using var socket = new LiveSocket(
            async (address, protocols, cancellation) =>
            {
                await connected.Task;
                return await ConnectAsync(address, protocols, cancellation);
            },
            _clock);
        var running = socket.RunAsync(Address, v1: true, since: null);

        socket.Dispose();
        connected.SetResult();

        var server = await ServerAsync();
        Assert.Equal(
            WebSocketMessageType.Close, (await server.ReceiveAsync(new byte[16].AsMemory(), CancellationToken.None)).MessageType);
        await EndAsync(running);
        Assert.Single(_asked);
    }

    [Fact]
    public async Task Left_while_it_waits_it_does_not_return()
    {
        _refuses = true;
        var running = _socket.RunAsync(Address, v1: true, since: null);
        await Until.TrueAsync(() => _socket.State == LiveState.Waiting);

        _socket.Dispose();

        // The clock doesn't move here.
        await EndAsync(running);
        Assert.Single(_asked);
    }

    private Task<WebSocket> ConnectAsync(Uri address, IReadOnlyList<string> protocols, CancellationToken cancellation)
    {
        _asked.Enqueue((address, string.Join(' ', protocols)));
        if (_refuses) throw new WebSocketException("refused");
        Pipe up = new(), down = new();
        _servers.Enqueue(
            WebSocket.CreateFromStream(new Duplex(up.Reader, down.Writer), new WebSocketCreationOptions { IsServer = true }));
        return Task.FromResult(WebSocket.CreateFromStream(new Duplex(down.Reader, up.Writer), new WebSocketCreationOptions()));
    }

    private static Task EndAsync(Task running) =>
        running.WaitAsync(Until.Limit, TestContext.Current.CancellationToken);

    private async Task<WebSocket> ServerAsync()
    {
        WebSocket? server = null;
        await Until.TrueAsync(() => _servers.TryDequeue(out server));
        return server!;
    }

    private static Task SayAsync(WebSocket server, string text) =>
        server.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    /// <summary>A stream over two in-memory pipes.</summary>
    private sealed class Duplex(PipeReader reader, PipeWriter writer) : Stream
    {
        private readonly Stream _in = reader.AsStream();
        private readonly Stream _out = writer.AsStream();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _in.ReadAsync(buffer, cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _out.WriteAsync(buffer, cancellationToken);
            await _out.FlushAsync(cancellationToken);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => _out.FlushAsync(cancellationToken);

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
