using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using CsCheck;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;
using static NotifyHub.UnitTests.Sockets.WireFrames;

namespace NotifyHub.UnitTests.Sockets;

public sealed class SenderTests : IDisposable
{
    private const int Backlog = 1 << 20;

    private readonly DeliveryTimes _times = new(Meters.Metrics(), TimeProvider.System);
    private readonly DeliveryCounts _counts = new();
    private readonly ClientMemory _memory = new(64 << 20, TimeProvider.System);
    private readonly Sender _sender;
    private ChannelLog _log = new(new ChannelHead("e", 1, 0), 8 << 20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public SenderTests()
    {
        _counts.Begin(_log.Epoch);
        _sender = GatewayParts.NewSender(0, Backlog, _counts, _times);
        _sender.Follow(_log);
    }

    public void Dispose() => _sender.Dispose();

    [Fact]
    public async Task A_client_gets_what_is_published_after_it_connected()
    {
        Publish(10);
        using var plain = Subscribed(v1: false);
        using var v1 = Subscribed(v1: true);
        Publish(20, 70_000, 30);

        foreach (var peer in (Peer[])[plain, v1])
        {
            await Until.TrueAsync(() => peer.Numbers() is [2, 3, 4]);
            await Until.TrueAsync(() => peer.Counters.Sent == 3);
        }

        Assert.Equal(Message(2, 20).Payload, plain.Frames()[0].Payload);
        Assert.Equal([2, 3, 4], v1.Frames().Select(frame => frame.Json.GetProperty("offset").GetInt64()));
        Assert.Equal(6, _sender.Sent);
    }

    /// <summary>
    /// One thread publishes while another subscribes clients at any offset, pauses and resumes their reading, requests answers
    /// and closes them. Each marker sent to a client names its new position: exactly the messages after that must follow.
    /// </summary>
    [Fact]
    public Task Any_interleaving_gives_each_client_exactly_its_messages() =>
        Gen.Select(
            Gen.Frequency((6, Gen.Int[0, 400]), (2, Gen.Int[5_000, 40_000]), (1, Gen.Int[66_000, 120_000]))
                .Array[1, 3].Array[5, 40],
            Gen.Select(Gen.Int[0, 8], Gen.Int[0, 5], Gen.Int[0, 100]).Array[5, 50]).SampleAsync(RunAsync, iter: 40, threads: 1);

    [Fact]
    public async Task A_cursor_that_is_moved_to_the_newest_place_while_the_log_grows_is_never_lost()
    {
        // The sender once read the head before it took the new cursor; a cursor beyond that head stopped the stream forever.
        await using var stream = new HookedStream();
        var first = new Client(
            0, new SessionOpened("hooked", "", "", Handshake.V1, default), new ClientConnection(null, stream),
            _sender.Queue, 1 << 16, _memory);
        first.MoveTo([], _log.Envelopes.Head.Cursor, 0);
        await Until.TrueAsync(() => first.ShardIndex >= 0);
        using var peer = Subscribed(v1: true);
        await Until.TrueAsync(() => peer.Client.ShardIndex >= 0);

        // In the middle of a sweep, between the first client and the next.
        stream.OnWrite = () =>
        {
            Publish(70_000);
            peer.Client.MoveTo([], _log.Envelopes.Head.Cursor, _log.Head);
        };
        Publish(1);
        await stream.Written;
        Publish(1);

        await Until.TrueAsync(() => peer.Numbers() is [1, 3], () => string.Join(' ', peer.Numbers()));
        first.End();
    }

    [Fact]
    public async Task The_handle_of_a_client_that_ends_during_a_sweep_is_not_reused()
    {
        // The sender writes to the socket's handle: if that were closed at once, a new connection could get it and the message.
        await using var stream = new HookedStream();
        var first = new Client(
            0, new SessionOpened("hooked", "", "", Handshake.V1, default), new ClientConnection(null, stream),
            _sender.Queue, 1 << 16, _memory);
        first.MoveTo([], _log.Envelopes.Head.Cursor, 0);
        await Until.TrueAsync(() => first.ShardIndex >= 0);
        using var peer = Subscribed(v1: true);
        await Until.TrueAsync(() => peer.Client.ShardIndex >= 0);
        var number = peer.Server.Handle;
        List<SocketPair> strangers = [];

        stream.OnWrite = () =>
        {
            peer.Client.Abort(CloseReason.Lost);
            for (var i = 0; i < 10; i++) strangers.Add(SocketPair.Connect());
        };
        Publish(1);
        await stream.Written;

        await Until.TrueAsync(() => peer.Client.ShardIndex < 0);
        Assert.All(strangers, pair => Assert.Equal(0, pair.Peer.Available));
        Assert.DoesNotContain(number, strangers.SelectMany(pair => (nint[])[pair.Server.Handle, pair.Peer.Handle]));
        // In the end it is closed.
        await Until.TrueAsync(() => peer.Server.SafeHandle.IsClosed);
        strangers.ForEach(pair => pair.Dispose());
        first.End();
    }

    [Fact]
    public async Task A_receiver_that_never_reads_is_cut_off_past_the_backlog_and_keeps_no_memory()
    {
        using var slow = Subscribed(v1: false, bufferBytes: 4096);
        using var other = Subscribed(v1: false);
        slow.Pause();
        Publish([.. Enumerable.Repeat(30_000, 10)]);
        var behind = NewestSegment();
        await other.UntilAsync(frames => frames.Count == 10);
        Assert.False(slow.Client.Closing);

        for (var i = 0; i < 6; i++) Publish([.. Enumerable.Repeat(30_000, 10)]);
        await other.UntilAsync(frames => frames.Count == 70);

        await Until.TrueAsync(() => slow.Client.Closing);
        Assert.Equal(CloseReason.TooSlow, slow.Client.Reason);
        // Still connected, to get its close frame, but messages that it won't be sent aren't retained for it.
        Assert.False(slow.Client.Ended);
        await Until.TrueAsync(() =>
        {
            GC.Collect();
            return !behind.IsAlive;
        });

        slow.Resume();
        await slow.UntilAsync(frames => frames is [.., { Opcode: WireFrame.Close }]);
        var received = slow.Frames();
        Assert.Equal(1013, received[^1].CloseCode);
        Assert.Equal(Enumerable.Range(1, received.Count - 1).Select(n => (long)n), slow.Numbers());
        await slow.Client.Flushed;
    }

    [Fact]
    public async Task A_batch_has_arrived_when_the_last_of_the_clients_has_taken_it()
    {
        using var slow = Subscribed(v1: true, bufferBytes: 4096);
        using var other = Subscribed(v1: false);
        await Until.TrueAsync(() => slow.Client.ShardIndex >= 0 && other.Client.ShardIndex >= 0);
        Publish(1);
        _times.Begin(1, DateTimeOffset.UtcNow);
        await Until.TrueAsync(() => _times.Counts().Sum() == 1);

        slow.Pause();
        Publish([.. Enumerable.Repeat(30_000, 20)]);
        _times.Begin(21, DateTimeOffset.UtcNow);
        await other.UntilAsync(frames => frames.Count == 21);
        Publish(1);
        _times.Begin(22, DateTimeOffset.UtcNow);
        await other.UntilAsync(frames => frames.Count == 22);
        Assert.Equal(1, _times.Counts().Sum());

        slow.Resume();
        await Until.TrueAsync(() => _times.Counts().Sum() == 3);
        Assert.Equal(22, slow.Numbers().Count);
    }

    [Fact]
    public async Task A_message_counts_for_a_client_when_its_connection_has_taken_it()
    {
        using var slow = Subscribed(v1: true, bufferBytes: 4096);
        using var other = Subscribed(v1: false);
        using var overStream = Subscribed(v1: false, overStream: true);
        slow.Pause();
        Publish([.. Enumerable.Repeat(30_000, 20)]);
        await other.UntilAsync(frames => frames.Count == 20);
        await overStream.UntilAsync(frames => frames.Count == 20);
        await CountedAsync(new DeliveredRange(1, 20, 2));

        slow.Resume();
        await CountedAsync(new DeliveredRange(1, 20, 1));
        Assert.Equal(20, slow.Numbers().Count);
    }

    [Fact]
    public async Task Who_is_cut_off_is_waited_for_no_longer()
    {
        using var slow = Subscribed(v1: false, bufferBytes: 4096);
        using var other = Subscribed(v1: false);
        slow.Pause();
        Publish([.. Enumerable.Repeat(30_000, 10)]);
        _times.Begin(10, DateTimeOffset.UtcNow);
        await other.UntilAsync(frames => frames.Count == 10);
        Assert.Equal(0, _times.Counts().Sum());

        for (var i = 0; i < 6; i++) Publish([.. Enumerable.Repeat(30_000, 10)]);
        await Until.TrueAsync(() => slow.Client.Closing);
        await Until.TrueAsync(() => _times.Counts().Sum() == 1);
        Assert.False(slow.Client.Ended);
    }

    [Fact]
    public async Task A_disconnected_receiver_is_reset_and_its_data_discarded()
    {
        // After a graceful close, the system would keep the connection and retry for minutes.
        using var slow = Subscribed(v1: false, bufferBytes: 4096);
        slow.Pause();
        Publish([.. Enumerable.Repeat(30_000, 20)]);
        await Until.TrueAsync(() => _sender.BlockedCount == 1);

        slow.Client.Abort(CloseReason.TooSlow);

        await Until.TrueAsync(() => slow.Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is not 0);
    }

    [Fact]
    public async Task Answers_that_are_not_taken_fill_the_outbox_until_they_are()
    {
        using var peer = Subscribed(v1: false, bufferBytes: 4096, outboxBytes: 10_000);
        peer.Pause();
        peer.Client.Answer(ServerFrame.TextFrame(new byte[200_000]));
        await Until.TrueAsync(() => peer.Client.IsSending);
        for (var i = 0; i < 100; i++) peer.Client.Answer(ServerFrame.TextFrame(new byte[500]));
        var room = peer.Client.RoomAsync();
        Assert.False(room.IsCompleted);
        Assert.True(peer.Client.IsOutboxFull);
        Assert.False(peer.Client.Closing);
        Assert.InRange(_memory.Used, 250_000, 260_000);

        peer.Resume();
        await room;
        await peer.UntilAsync(frames => frames.Count == 101);
        await Until.TrueAsync(() => _memory.Used == 0 && peer.Client.OutboxBytes == 0);
    }

    [Fact]
    public async Task A_reader_that_waits_for_room_goes_on_when_its_client_is_closed_or_ends()
    {
        Action<Client>[] ends = [client => client.Close(CloseReason.TooSlow), client => client.Abort(CloseReason.Dead)];
        foreach (var end in ends)
        {
            using var peer = Subscribed(v1: false, bufferBytes: 4096, outboxBytes: 10_000);
            peer.Pause();
            peer.Client.Answer(ServerFrame.TextFrame(new byte[200_000]));
            await Until.TrueAsync(() => peer.Client.IsSending);
            var room = peer.Client.RoomAsync();
            Assert.False(room.IsCompleted);

            end(peer.Client);
            await room;
        }

        await Until.TrueAsync(() => _memory.Used == 0);
    }

    /// <summary>A client that sends a request after every answer is always ready: once, it starved all others.</summary>
    [Fact]
    public async Task However_many_answers_are_asked_for_the_log_is_sent_in_between()
    {
        await using var stream = new HookedStream();
        var chatty = new Client(
            0, new SessionOpened("chatty", "", "", "", default), new ClientConnection(null, stream),
            _sender.Queue, 1 << 16, _memory);
        var turns = 0;
        var isOver = false;
        void AskAgain()
        {
            turns++;
            if (!Volatile.Read(ref isOver)) stream.OnWrite = AskAgain;
            chatty.Answer(ServerMessage.Pong("1"u8));
            // The log grows between turns, so each turn must check it.
            if (turns <= 200) Publish(1);
        }

        using var quiet = Subscribed(v1: false);
        await Until.TrueAsync(() => quiet.Client.ShardIndex >= 0);
        stream.OnWrite = AskAgain;
        chatty.Answer(ServerMessage.Pong("1"u8));
        await quiet.UntilAsync(frames => frames.Count == 200);

        Volatile.Write(ref isOver, true);
        chatty.End();
        Assert.Equal(Enumerable.Range(1, 200).Select(n => (long)n), quiet.Numbers());
    }

    [Fact]
    public async Task Waiting_answers_are_sent_together_up_to_a_limit()
    {
        await using var stream = new HookedStream();
        var client = new Client(
            0, new SessionOpened("asking", "", "", "", default), new ClientConnection(null, stream),
            _sender.Queue, 1 << 20, _memory);
        List<int> sizes = [];
        stream.OnWritten = sizes.Add;
        stream.OnWrite = () =>
        {
            for (var i = 0; i < 100; i++) client.Answer(ServerFrame.TextFrame(new byte[996]));
        };
        client.Answer(ServerFrame.TextFrame(new byte[6]));
        await Until.TrueAsync(() => client.OutboxBytes == 0);

        Assert.Equal([8, 65_000, 35_000], sizes);
        client.End();
    }

    [Fact]
    public async Task A_move_takes_the_place_of_one_that_waits_and_lets_its_page_go()
    {
        using var history = new PageSource(_memory);
        Publish(1, 1, 1);
        using var peer = Subscribed(v1: true, bufferBytes: 4096);
        peer.Pause();
        peer.Client.Answer(ServerFrame.TextFrame(Encoding.ASCII.GetBytes($$"""{"x":"{{new string('x', 100_000)}}"}""")));
        await Until.TrueAsync(() => peer.Client.IsSending);
        for (var i = 0; i < 500; i++) peer.Client.MoveTo(ServerMessage.Gap(i, i), history.Begin, 0, await history.HoldAsync());
        Assert.Equal(1, history.Readers);
        Assert.True(_log.Envelopes.TryFind(2, out var cursor, out _));
        peer.Client.MoveTo(ServerMessage.Gap(7, 7), cursor, 2);
        Assert.Equal(0, history.Readers);

        peer.Resume();
        await peer.UntilAsync(frames => frames.Count == 3);
        Assert.Equal("""{"type":"gap","channel":"all","from":7,"to":7}""", peer.Frames()[1].Text);
        Assert.Equal([3], peer.Numbers());
    }

    [Fact]
    public async Task A_client_that_ends_on_a_page_lets_it_go()
    {
        using var history = new PageSource(_memory);
        foreach (var end in (Action<Client>[])[client => client.Abort(CloseReason.Dead), client => client.End()])
        {
            var peer = Subscribed(v1: true, bufferBytes: 4096);
            peer.Pause();
            peer.Client.MoveTo([], history.Begin, 0, await history.HoldAsync());
            await Until.TrueAsync(() => peer.Client.IsSending);
            Assert.Equal(1, history.Readers);

            end(peer.Client);
            await Until.TrueAsync(() => history.Readers == 0);
            peer.Dispose();
        }
    }

    [Fact]
    public async Task However_a_socket_ends_the_others_go_on()
    {
        Action<Peer>[] ends =
        [
            peer => peer.Server.Dispose(),
            peer => peer.Socket.Dispose(),
            peer => peer.Socket.Close(0),
            peer => peer.Socket.Shutdown(SocketShutdown.Both),
            peer => peer.Server.Shutdown(SocketShutdown.Both),
            peer => peer.Client.Abort(CloseReason.Dead),
            peer => peer.Client.End(),
            peer => peer.Socket.LingerState = new LingerOption(true, 0),
        ];
        using var witness = Subscribed(v1: false);
        var peers = new List<Peer>();
        foreach (var end in ends)
        {
            foreach (var (overStream, isPaused) in ((bool, bool)[])[(false, false), (false, true), (true, false), (true, true)])
            {
                var peer = Subscribed(v1: peers.Count % 2 == 0, overStream, bufferBytes: 4096);
                if (isPaused) peer.Pause();
                peers.Add(peer);
            }
        }

        var publishing = Task.Run(() =>
        {
            for (var i = 0; i < 100; i++) Publish(3_000);
        }, Cancellation);
        for (var i = 0; i < peers.Count; i++) ends[i / 4](peers[i]);
        await publishing;
        foreach (var peer in peers) peer.Dispose();
        Publish(1);

        await Until.TrueAsync(() => witness.Numbers().Count == 101);
        Assert.Equal(Enumerable.Range(1, 101).Select(n => (long)n), witness.Numbers());
        Assert.All(peers, peer => Assert.True(peer.Client.Ended));
        Assert.False(witness.Client.Ended);
    }

    [Fact]
    public async Task A_close_frame_comes_after_the_answers_before_it_and_nothing_comes_after_it()
    {
        using var witness = Subscribed(v1: false);
        using var peer = Subscribed(v1: false);
        peer.Client.Answer(ServerMessage.Pong("1"u8));
        peer.Client.Close(CloseReason.ServiceStopped);
        peer.Client.Close(CloseReason.TooSlow);
        peer.Client.Answer(ServerMessage.Pong("2"u8));
        // Publish only now: messages published while the close frame is queued may be sent before it.
        await peer.Client.Flushed;
        Publish(5);
        await Until.TrueAsync(() => witness.Numbers().Count == 1);
        var reason = peer.Client.End();

        await Until.TrueAsync(() => peer.IsOver);
        Assert.Equal(CloseReason.ServiceStopped, reason);
        Assert.Equal(
            ["""{"type":"pong","time":1}""", "\u0003\u00e9service stopped"],
            peer.Frames().Select(frame => Encoding.Latin1.GetString(frame.Payload)));
    }

    [Fact]
    public async Task With_a_new_log_plain_clients_continue_and_v1_clients_wait_for_their_close()
    {
        using var plain = Subscribed(v1: false);
        using var v1 = Subscribed(v1: true);
        Publish(1, 1);
        await CountedAsync(new DeliveredRange(1, 2, 2));
        _log = _log.BeginAnew(new ChannelHead("f", 1, 0), 1 << 20);
        _counts.Begin(_log.Epoch);
        _sender.Follow(_log);
        Publish(1);

        await Until.TrueAsync(() => plain.Numbers() is [1, 2, 1]);
        await CountedAsync(new DeliveredRange(1, 1, 1));
        Assert.Equal(3, plain.Counters.Sent);
        v1.Client.Close(CloseReason.NewEpoch);
        await v1.UntilAsync(frames => frames is [.., { Opcode: WireFrame.Close }]);
        Assert.Equal([1, 2], v1.Numbers());
    }

    [Fact]
    public async Task Messages_skipped_by_a_replaced_log_count_for_no_client()
    {
        using var plain = Subscribed(v1: false);
        Publish(1, 1);
        await CountedAsync(new DeliveredRange(1, 2, 1));
        _log = _log.BeginAnew(new ChannelHead("e", 6, 5), 1 << 20);
        _sender.Follow(_log);
        Publish(1);

        await CountedAsync(new DeliveredRange(6, 6, 1));
        Assert.Equal(3, plain.Counters.Sent);
    }

    [Fact]
    public void A_client_that_ends_after_its_sender_does_no_harm()
    {
        var sender = GatewayParts.NewSender(1, Backlog, _counts, _times);
        using var peer = new Peer(sender, v1: false);
        sender.Dispose();
        peer.Client.Queue(ServerFrame.EmptyPing);
        Assert.Equal(CloseReason.Lost, peer.Client.End());
    }

    private async Task RunAsync((int[][] Batches, (int, int, int)[] Steps) script)
    {
        var counts = new DeliveryCounts();
        var memory = new ClientMemory(64 << 20, TimeProvider.System);
        counts.Begin("e");
        using var sender = GatewayParts.NewSender(1, 64 << 20, counts, _times);
        var log = new ChannelLog(new ChannelHead("e", 1, 0), 8 << 20);
        sender.Follow(log);
        // All kinds of connection: plain and v1, socket and stream, large and small buffers. With even smaller buffers,
        // loopback's 64 KiB segments don't fit the receiver, and the system delivers them only by retransmission timers.
        Peer[] peers =
        [
            .. Enumerable.Range(0, 6).Select(i => new Peer(
                sender, v1: i % 2 == 1, overStream: i is 2 or 3, bufferBytes: i >= 3 ? 16 << 10 : 0, memory: memory)),
        ];
        foreach (var peer in peers) Move(peer, log, 0, 0);

        var publishing = Task.Run(() =>
        {
            var offset = 0L;
            foreach (var batch in script.Batches)
            {
                log.TryAppend([.. batch.Select(bytes => Message(++offset, bytes))]);
                sender.Follow(log);
                Thread.Yield();
            }
        });
        foreach (var (what, which, where) in script.Steps) Step(what, peers[which], where, log);
        await publishing;
        foreach (var peer in peers) peer.Resume();
        foreach (var peer in peers) await EndAsync(peer, log.Head);
        var counted = 0L;
        await Until.TrueAsync(
            () =>
            {
                counted += counts.Take(int.MaxValue).Ranges.Sum(range => (range.Last - range.First + 1) * range.Clients);
                return counted == sender.Delivered;
            },
            () => $"{counted} of {sender.Delivered}");
        foreach (var peer in peers) peer.Dispose();
        await Until.TrueAsync(() => memory.Used == 0, () => $"{memory.Used} bytes are left");
    }

    private static void Step(int what, Peer peer, int where, ChannelLog log)
    {
        switch (what)
        {
            case 0:
                peer.Pause();
                break;
            case 1:
                peer.Resume();
                break;
            case 2 or 3:
                Move(peer, log, log.Head * where / 100, where);
                break;
            case 4:
                peer.Client.Answer(ServerMessage.Pong("7"u8));
                break;
            case 7:
                var answer = Encoding.ASCII.GetBytes($$"""{"x":"{{new string('x', where * 20)}}"}""");
                for (var i = 0; i < where; i++) peer.Client.Answer(ServerFrame.TextFrame(answer));
                break;
            case 5 when where < 30:
                peer.Client.Close(CloseReason.ServiceRestart);
                break;
            case 6 when where < 10:
                peer.Client.Abort(CloseReason.Dead);
                break;
            default:
                Thread.Yield();
                break;
        }
    }

    /// <summary>Moves the client to this offset, with a marker that names it.</summary>
    private static void Move(Peer peer, ChannelLog log, long after, int where)
    {
        Cursor cursor;
        if (where == 100 || !(peer.Client.IsEnveloped ? log.Envelopes : log.Plain).TryFind(after, out cursor, out _))
        {
            var head = (peer.Client.IsEnveloped ? log.Envelopes : log.Plain).Head;
            (cursor, after) = (head.Cursor, head.Offset);
        }

        peer.Client.MoveTo(ServerFrame.TextFrame(Encoding.ASCII.GetBytes($$"""{"after":{{after}}}""")), cursor, after);
    }

    private static async Task EndAsync(Peer peer, long head)
    {
        // Queued after all moves and answers: without it, a client at the head could still be moved back.
        peer.Client.Answer(ServerFrame.TextFrame("""{"last":true}"""u8));
        await Until.TrueAsync(
            () => peer.Client.Ended || peer.Frames() is [.., var last] && (last.Opcode == WireFrame.Close || IsUpTo(peer, head)),
            () => $"head {head}, {string.Join(' ', peer.Frames().Select(Short))}, closing {peer.Client.Closing}");

        var expected = -1L;
        foreach (var frame in peer.Frames())
        {
            if (frame.Opcode == WireFrame.Close) break;
            var json = frame.Json;
            if (json.TryGetProperty("after", out var after)) expected = after.GetInt64();
            else if (Number(json) is { } number) Assert.Equal(++expected, number);
        }

        var closes = peer.Frames().FindIndex(frame => frame.Opcode == WireFrame.Close);
        if (closes >= 0) Assert.Equal(peer.Frames().Count - 1, closes);
        if (!peer.Client.Ended) Assert.Equal(0, peer.Rest());
    }

    private static bool IsUpTo(Peer peer, long head)
    {
        var at = -1L;
        var isLast = false;
        foreach (var frame in peer.Frames())
        {
            at = frame.Json.TryGetProperty("after", out var after) ? after.GetInt64() : Number(frame.Json) ?? at;
            isLast |= frame.Json.TryGetProperty("last", out _);
        }

        return isLast && at == head && !peer.Client.Closing;
    }

    private static long? Number(System.Text.Json.JsonElement json) =>
        (json.TryGetProperty("data", out var data) ? data : json).TryGetProperty("n", out var number) ? number.GetInt64() : null;

    private static string Short(WireFrame frame) => frame.Text[..Math.Min(frame.Text.Length, 20)];

    private Peer Subscribed(bool v1, bool overStream = false, int bufferBytes = 0, int outboxBytes = 64 << 10)
    {
        var peer = new Peer(_sender, v1, overStream, bufferBytes, outboxBytes, _memory);
        var head = (v1 ? _log.Envelopes : _log.Plain).Head;
        peer.Client.MoveTo([], head.Cursor, head.Offset);
        return peer;
    }

    private void Publish(params int[] sizes)
    {
        var offset = _log.Head;
        Assert.True(_log.TryAppend([.. sizes.Select(bytes => Message(++offset, bytes))]));
        _sender.Follow(_log);
    }

    /// <summary>Waits until exactly this range was counted since the last call.</summary>
    private async Task CountedAsync(DeliveredRange expected)
    {
        List<DeliveredRange> counted = [];
        await Until.TrueAsync(
            () =>
            {
                counted.AddRange(_counts.Take(100).Ranges);
                return Sum() is [var one] && one == expected;
            },
            () => string.Join(' ', counted));

        // Merges the ranges, which may come in any pieces.
        DeliveredRange[] Sum()
        {
            var sum = new DeliveryCounts();
            var buffer = sum.Join();
            foreach (var range in counted)
                for (var client = 0; client < range.Clients; client++) buffer.Add(range.First - 1, range.Last);
            buffer.Flush();
            return sum.Take(100).Ranges;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference NewestSegment() => new(_log.Plain.Head.Segment);

    /// <summary>Runs an action once, on the sender's thread, during a write.</summary>
    private sealed class HookedStream : MemoryStream
    {
        public Action<int>? OnWritten { get; set; }

        private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Action? OnWrite { get; set; }

        public Task Written => _written.Task;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var hook = OnWrite;
            OnWrite = null;
            hook?.Invoke();
            OnWritten?.Invoke(buffer.Length);
            _written.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }
}
