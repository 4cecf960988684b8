using Microsoft.Extensions.Logging.Abstractions;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;
using static NotifyHub.UnitTests.Sockets.WireFrames;

namespace NotifyHub.UnitTests.Sockets;

/// <summary>The heartbeat, with the time passed in by the tests.</summary>
public sealed class HeartbeatTests : IDisposable
{
    private const int MaxMemory = 1 << 20;

    private readonly ClientMemory _memory = new(MaxMemory, TimeProvider.System);
    private readonly ChannelLog _log = new(new ChannelHead("e", 1, 0), 8 << 20);
    private readonly FakeChannel _channel = new();
    private readonly History _history;
    private readonly Sender _sender;
    private readonly Heartbeat _heartbeat;
    private long _now = Environment.TickCount64;

    public HeartbeatTests()
    {
        _sender = GatewayParts.NewSender(0, 64 << 20, new DeliveryCounts());
        _sender.Follow(_log);
        _history = new History(_channel.Grains, _memory);
        // Both time limits are ten seconds.
        _heartbeat = new Heartbeat(
            new GatewayOptions { SendTimeout = TimeSpan.FromSeconds(10), PingInterval = TimeSpan.FromSeconds(5) }, _memory,
            _history, NullLogger<Heartbeat>.Instance);
    }

    public void Dispose() => _sender.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_takes_nothing_of_what_waits_for_it_is_cut_off(bool v1)
    {
        using var peer = await BlockedAsync(v1);
        Beat(peer, 0);
        Beat(peer, 9_000);
        Assert.False(peer.Client.Closing);

        // TCP may have accepted data after the first beat, and the ten seconds start with the last data that it accepted.
        await Until.TrueAsync(() =>
        {
            Beat(peer, 2_000);
            return peer.Client.Closing;
        });
        Assert.Equal(CloseReason.TooSlow, peer.Client.Reason);
        Assert.False(peer.Client.Ended);
        // Reset if it doesn't accept its close frame either.
        Beat(peer, 6_000);
        Assert.True(peer.Client.Ended);
    }

    [Fact]
    public async Task Who_takes_little_stays_and_is_not_taken_for_dead()
    {
        using var peer = await BlockedAsync(v1: true);
        var buffer = new byte[8 << 10];
        for (var round = 0; round < 12; round++)
        {
            // Waits until TCP has reported that data was accepted.
            await Until.TrueAsync(() =>
            {
                if (peer.Socket.Available > 0) peer.Socket.Receive(buffer);
                return peer.Client.StalledFor(_now) == 0;
            });
            Beat(peer, 9_000);
            Assert.False(peer.Client.Closing || peer.Client.Ended);
        }
    }

    [Fact]
    public void Only_silent_clients_are_dead_not_those_whose_reads_pause()
    {
        using var paused = new Peer(_sender, v1: false, memory: _memory);
        using var silent = new Peer(_sender, v1: false, memory: _memory);
        paused.Client.IsReadingPaused = true;
        for (var i = 0; i < 3; i++)
        {
            _now += 4_000;
            _heartbeat.Beat([paused.Client, silent.Client], _now);
        }

        Assert.False(paused.Client.Ended);
        Assert.Equal(CloseReason.Dead, silent.Client.Reason);
        Assert.True(silent.Client.Ended);
    }

    [Fact]
    public async Task When_memory_is_short_only_the_client_that_held_it_longest_is_cut_off()
    {
        using var idle = new Peer(_sender, v1: false, memory: _memory);
        using var live = await BlockedAsync(v1: false);
        using var older = await WithAnswersAsync();
        var begun = Environment.TickCount64;
        await Until.TrueAsync(() => Environment.TickCount64 > begun);
        using var younger = await WithAnswersAsync();
        Client[] clients = [idle.Client, younger.Client, live.Client, older.Client];
        _now = Environment.TickCount64;
        _heartbeat.Beat(clients, _now + 4_000);
        Assert.DoesNotContain(clients, client => client.Ended);

        _memory.Take(MaxMemory - 500_000);
        _heartbeat.Beat(clients, _now);
        Assert.DoesNotContain(clients, client => client.Ended);
        _heartbeat.Beat(clients, _now + 4_000);

        // Ending one is enough. A client that is behind in the log holds no memory that others wait for.
        Assert.Equal([older.Client], clients.Where(client => client.Ended));
        Assert.Equal(CloseReason.TooSlow, older.Client.Reason);
    }

    [Fact]
    public async Task Unread_pages_are_freed_before_any_client_is_disconnected()
    {
        _channel.Add([.. Enumerable.Repeat(20_000, 25)]);
        _history.Release(await _history.ReadAsync("e", 0, TestContext.Current.CancellationToken));
        var kept = _memory.Used;
        Assert.NotEqual(0, kept);
        using var holder = await WithAnswersAsync();
        _memory.Take(MaxMemory - _memory.Used + 1);

        Beat(holder, 4_000);

        Assert.Equal(MaxMemory + 1 - kept, _memory.Used);
        Assert.False(holder.Client.Ended);
    }

    private void Beat(Peer peer, long later)
    {
        _now += later;
        _heartbeat.Beat([peer.Client], _now);
    }

    /// <summary>A client whose connection accepts no more of the log.</summary>
    private async Task<Peer> BlockedAsync(bool v1)
    {
        var peer = new Peer(_sender, v1, bufferBytes: 4096, memory: _memory);
        var head = (v1 ? _log.Envelopes : _log.Plain).Head;
        peer.Client.MoveTo([], head.Cursor, head.Offset);
        peer.Pause();
        var offset = _log.Head;
        Assert.True(_log.TryAppend([.. Enumerable.Range(0, 100).Select(_ => Message(++offset, 30_000))]));
        _sender.Follow(_log);
        await Until.TrueAsync(() => peer.Client.IsSending);
        // Waits for data in flight to the reader, which takes one more piece after it was stopped.
        await Until.TrueAsync(() => peer.Socket.Available > 0);
        return peer;
    }

    private async Task<Peer> WithAnswersAsync()
    {
        var peer = new Peer(_sender, v1: false, bufferBytes: 4096, memory: _memory);
        peer.Pause();
        peer.Client.Answer(ServerFrame.TextFrame(new byte[400_000]));
        await Until.TrueAsync(() => peer.Client.IsSending);
        return peer;
    }
}
