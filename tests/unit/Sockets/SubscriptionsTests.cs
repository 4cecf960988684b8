using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public sealed class SubscriptionsTests : IAsyncLifetime
{
    /// <summary>Four pages.</summary>
    private const int MaxMemory = 4 << 20;

    private readonly FakeChannel _channel = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly DeliveryCounts _counts = new();
    private readonly ClientMemory _memory = new(MaxMemory, TimeProvider.System);
    private readonly Sender _sender;
    private ChannelFollower? _follower;
    private Subscriptions? _subscriptions;

    public SubscriptionsTests() =>
        _sender = GatewayParts.NewSender(0, 16 << 20, _counts);

    private ChannelFollower Follower => _follower!;

    public ValueTask InitializeAsync()
    {
        // 64 KiB of history: the gateway keeps only the newest few messages of 20,000 bytes and reads older ones from the silos.
        _follower = new ChannelFollower(
            _channel.Grains, new GatewayNode(), Options.Create(new GatewayOptions { HistoryBytes = 64 << 10 }),
            new DeliveryTimes(Meters.Metrics(), TimeProvider.System), _counts, Meters.Metrics(),
            NullLogger<ChannelFollower>.Instance);
        _follower.Appended += _sender.Follow;
        _subscriptions = new Subscriptions(
            _follower, new History(_channel.Grains, _memory), _clock, NullLogger<Subscriptions>.Instance);
        return new ValueTask(RenewAsync());
    }

    public ValueTask DisposeAsync()
    {
        _sender.Dispose();
        Follower.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Without_an_offset_a_client_starts_at_the_head()
    {
        Publish(1, 1);
        using var peer = Connect();
        Publish(1);
        await peer.UntilAsync(frames => frames.Count == 2);
        Assert.Equal(["subscribed 2 False", "3"], Seen(peer));

        _subscriptions!.Start(peer.Client, null, null);
        await peer.UntilAsync(frames => frames.Count == 3);
        Assert.Equal("subscribed 3 False", Seen(peer)[^1]);
        Assert.Equal(
            """{"type":"subscribed","channel":"all","epoch":"e","offset":3,"recovered":false}""", peer.Frames()[^1].Text);
    }

    [Fact]
    public async Task A_plain_client_starts_at_its_head_without_an_answer()
    {
        var (log, head) = (Follower.Log!, Follower.Log!.Plain.Head);
        Publish(1, 1);
        using var peer = new Peer(_sender, v1: false);
        _subscriptions!.Begin(peer.Client, new Handshake("", "", 0, null), new LogPlace(log, head));
        Publish(1);

        await peer.UntilAsync(frames => frames.Count == 3);
        Assert.Equal([1, 2, 3], peer.Numbers());
    }

    [Fact]
    public async Task An_offset_within_the_gateways_log_costs_no_read()
    {
        Publish(1, 1, 1);
        using var peer = Connect(since: 1);
        Publish(1);

        await peer.UntilAsync(frames => frames.Count == 4);
        Assert.Equal(["subscribed 3 True", "2", "3", "4"], Seen(peer));
        Assert.Empty(_channel.Reads);
    }

    [Fact]
    public async Task Older_messages_are_read_in_aligned_pages_that_clients_share()
    {
        Publish([.. Enumerable.Repeat(10, 600)]);
        Publish([.. Enumerable.Repeat(20_000, 10)]);
        using var first = Connect(since: 100);
        await first.UntilAsync(frames => frames.Count == 511);
        var reads = _channel.Reads.ToArray();
        using var second = Connect(since: 100);
        await second.UntilAsync(frames => frames.Count == 511);

        Assert.Equal([(100, 156), (256, 256), (512, 256)], reads.Take(3));
        Assert.Equal(reads, _channel.Reads);
        Assert.Equal(["subscribed 610 True", .. Numbers(101, 610)], Seen(first));
        Assert.Equal(Seen(first), Seen(second));
        Publish(1);
        await second.UntilAsync(frames => frames.Count == 512);
    }

    [Fact]
    public async Task Messages_resent_from_history_and_log_count_for_each_receiving_client()
    {
        Publish([.. Enumerable.Repeat(10, 600)]);
        Publish([.. Enumerable.Repeat(20_000, 10)]);
        using var fromHistory = Connect(since: 100);
        using var fromLog = Connect(since: 609);
        using var live = Connect();
        await Task.WhenAll(
            fromHistory.UntilAsync(frames => frames.Count == 511), fromLog.UntilAsync(frames => frames.Count == 2));
        Publish(1);

        var counts = new long[612];
        await Until.TrueAsync(() =>
        {
            foreach (var range in _counts.Take(100).Ranges)
                for (var offset = range.First; offset <= range.Last; offset++) counts[offset] += range.Clients;
            return counts[611] == 3;
        });
        Assert.Equal([.. Enumerable.Repeat(0L, 101), .. Enumerable.Repeat(1L, 509), 2, 3], counts);
    }

    [Fact]
    public async Task Messages_no_longer_retained_are_reported_as_a_gap_first()
    {
        Publish([.. Enumerable.Repeat(20_000, 40)]);
        _channel.Sweep(20);
        using var peer = Connect(since: 3);

        await peer.UntilAsync(frames => frames.Count == 23);
        Assert.Equal(["subscribed 40 False", "gap 4-19", .. Numbers(20, 40)], Seen(peer));
        Assert.Equal("""{"type":"gap","channel":"all","from":4,"to":19}""", peer.Frames()[1].Text);
    }

    [Fact]
    public async Task Messages_swept_during_a_resume_are_reported_as_a_gap()
    {
        Publish([.. Enumerable.Repeat(1_000, 600)]);
        _channel.OnRead = () =>
        {
            _channel.Sweep(400);
            return Task.CompletedTask;
        };
        using var peer = Connect(since: 0);

        await peer.UntilAsync(frames => Seen(frames) is [.., "600"]);
        Assert.Equal(["subscribed 600 True", .. Numbers(1, 256), "gap 257-399", .. Numbers(400, 600)], Seen(peer));
    }

    [Fact]
    public async Task An_offset_beyond_the_head_makes_the_gateway_look_first()
    {
        Publish(1);
        _channel.Add(1, 1);
        using var ahead = Connect(since: 2);
        await ahead.UntilAsync(frames => frames.Count == 2);
        Assert.Equal(["subscribed 3 True", "3"], Seen(ahead));

        using var beyond = Connect(since: 1_000);
        await beyond.UntilAsync(frames => frames.Count == 1);
        Publish(1);
        await beyond.UntilAsync(frames => frames.Count == 2);
        Assert.Equal(["subscribed 3 False", "4"], Seen(beyond));
    }

    [Fact]
    public async Task An_offset_beyond_the_head_waits_for_a_channel_that_is_away()
    {
        Publish(1);
        _channel.Add(1, 1);
        _channel.Fault = new StorageUnavailableException();
        using var ahead = Connect(since: 2);
        await Until.TrueAsync(() => _channel.Reads.Count > 0);
        Assert.Empty(Seen(ahead));

        _channel.Fault = null;
        await Until.TrueAsync(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return Seen(ahead).Count == 2;
        });
        Assert.Equal(["subscribed 3 True", "3"], Seen(ahead));
    }

    [Fact]
    public async Task An_offset_of_another_epoch_means_nothing()
    {
        Publish(1, 1, 1);
        using var other = Connect(since: 1, epoch: "d");
        using var same = Connect(since: 1, epoch: "e");
        Publish(1);

        await other.UntilAsync(frames => frames.Count == 2);
        await same.UntilAsync(frames => frames.Count == 4);
        Assert.Equal(["subscribed 3 False", "4"], Seen(other));
        Assert.Equal(["subscribed 3 True", "2", "3", "4"], Seen(same));
    }

    [Fact]
    public async Task A_page_of_another_epoch_closes_the_client()
    {
        // The silos lost the log and started a new one, which this gateway learns at its next renewal.
        Publish([.. Enumerable.Repeat(20_000, 40)]);
        _channel.BeginAnew("f");
        _channel.Add([.. Enumerable.Repeat(1, 30)]);
        using var peer = Connect(since: 3);

        await peer.UntilAsync(frames => frames is [{ Opcode: WireFrame.Close }]);
        Assert.Equal(4000, peer.Frames()[0].CloseCode);
    }

    [Fact]
    public async Task While_storage_is_away_the_client_waits_and_then_gets_everything()
    {
        Publish([.. Enumerable.Repeat(20_000, 20)]);
        _channel.Fault = new StorageUnavailableException();
        using var peer = Connect(since: 1);
        await Until.TrueAsync(() => _channel.Reads.Count == 1);
        await Until.TrueAsync(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return _channel.Reads.Count >= 3;
        });
        Assert.Empty(peer.Frames());
        Publish(1);

        _channel.Fault = null;
        await Until.TrueAsync(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return Seen(peer) is [.., "21"];
        });
        Assert.Equal(["subscribed 21 True", .. Numbers(2, 21)], Seen(peer));
    }

    [Fact]
    public async Task A_client_that_ends_while_it_waits_for_history_is_let_go()
    {
        Publish([.. Enumerable.Repeat(20_000, 20)]);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _channel.OnRead = () =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        var gone = Connect(since: 1);
        await asked.Task;
        gone.Dispose();
        using var other = Connect(since: 1);
        answer.SetResult();

        await other.UntilAsync(frames => Seen(frames) is [.., "20"]);
        Assert.Empty(gone.Frames());
    }

    [Fact]
    public async Task A_second_subscribe_replaces_the_first_during_a_page()
    {
        Publish([.. Enumerable.Repeat(20_000, 200)]);
        using var peer = Connect(since: 0, bufferBytes: 4096);
        await peer.UntilAsync(frames => frames.Count > 3);
        _subscriptions!.Start(peer.Client, 150, "e");
        await UntilAsync(peer, frames => Seen(frames) is [.., "200"] && Seen(frames).Count(seen => seen.StartsWith('s')) == 2);
        Publish(1);
        await peer.UntilAsync(frames => Seen(frames) is [.., "201"]);

        var seen = Seen(peer);
        var again = seen.LastIndexOf("subscribed 200 True");
        Assert.Equal(Numbers(1, again - 1), seen[1..again]);
        Assert.Equal(Numbers(151, 201), seen[(again + 1)..]);
    }

    /// <summary>
    /// A client subscribes repeatedly at random offsets while messages are published: each subscription must be followed by
    /// exactly the messages after its offset, and the last one must reach the head.
    /// </summary>
    [Fact]
    public Task Any_subscriptions_while_publishing_goes_on_are_exact() =>
        Gen.Select(
            Gen.OneOf(Gen.Int[0, 300], Gen.Int[3_000, 9_000]).Array[1, 20].Array[1, 12],
            Gen.Int[0, 100].Array[1, 8],
            Gen.Bool).SampleAsync(
            async (batches, subscriptions, isNarrow) =>
            {
                await using var test = new Scope();
                test.Tests.Publish([.. Enumerable.Repeat(2_000, 300)]);
                await test.Tests.SubscribeWhilePublishingAsync(batches, subscriptions, isNarrow);
            },
            iter: 15,
            threads: 1);

    private async Task SubscribeWhilePublishingAsync(int[][] batches, int[] subscriptions, bool isNarrow)
    {
        using var peer = Connect(bufferBytes: isNarrow ? 4096 : 0);
        var publishing = Task.Run(() =>
        {
            foreach (var batch in batches) Publish(batch);
        });
        foreach (var where in subscriptions)
        {
            _subscriptions!.Start(peer.Client, Follower.Log!.Head * where / 100, "e");
            await Task.Yield();
        }

        await publishing;
        var last = Follower.Log!.Head * subscriptions[^1] / 100;
        _subscriptions!.Start(peer.Client, last, null);
        var head = Follower.Log.Head;
        string[] expected = [$"subscribed {head} True", .. Numbers((int)last + 1, (int)head)];
        await UntilAsync(peer, frames => Seen(frames).TakeLast(expected.Length).SequenceEqual(expected));

        // Between two subscriptions, messages are consecutive and never repeated.
        var before = -1L;
        foreach (var frame in peer.Frames())
        {
            var type = frame.Json.GetProperty("type").GetString();
            if (type == "subscribed") before = -1;
            else if (before >= 0) Assert.Equal(before + 1, frame.Json.GetProperty("offset").GetInt64());
            if (type == "message") before = frame.Json.GetProperty("offset").GetInt64();
        }
    }

    /// <summary>However often a client resubscribes, the last request counts, and most others cost nothing.</summary>
    [Fact]
    public async Task Five_hundred_subscriptions_of_a_client_cost_few_reads_and_the_last_counts()
    {
        Publish([.. Enumerable.Repeat(20_000, 200)]);
        using var peer = Connect(bufferBytes: 4096);
        for (var i = 0; i < 500; i++) _subscriptions!.Start(peer.Client, i % 180, "e");
        _subscriptions!.Start(peer.Client, 150, "e");
        await UntilAsync(peer, frames => Seen(frames) is [.., "200"] && Seen(frames).Contains("151"));

        Assert.InRange(_channel.Reads.Count, 1, 10);
        var seen = Seen(peer);
        Assert.InRange(seen.Count(frame => frame.StartsWith('s')), 1, 4);
        Assert.Equal(["subscribed 200 True", .. Numbers(151, 200)], seen[seen.LastIndexOf("subscribed 200 True")..]);
    }

    [Fact]
    public async Task Few_pages_load_at_once_and_abandoned_ones_do_not()
    {
        Publish([.. Enumerable.Repeat(20_000, 2_000)]);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _channel.OnRead = () => answer.Task;
        List<Peer> peers = [.. Enumerable.Range(0, 20).Select(number => Connect(since: number * 90))];
        await Until.TrueAsync(() => _channel.Reads.Count == History.MaxLoads);

        // The first two wait for the reads in progress; of the others, only one stays.
        foreach (var gone in peers[History.MaxLoads..^1]) gone.Dispose();
        answer.SetResult();
        await peers[^1].UntilAsync(frames => Seen(frames) is [.., "2000"]);

        Assert.Equal([0, 90, 1_710], _channel.Reads.Take(3).Select(read => read.After));
        foreach (var peer in peers) peer.Dispose();
    }

    [Fact]
    public async Task What_a_page_in_memory_holds_is_not_loaded_again()
    {
        Publish([.. Enumerable.Repeat(1_000, 600)]);
        using var first = Connect(since: 0, bufferBytes: 4096);
        await first.UntilAsync(frames => Seen(frames) is [.., "600"]);
        var reads = _channel.Reads.Count;
        using var second = Connect(since: 100);
        await second.UntilAsync(frames => Seen(frames) is [.., "600"]);

        Assert.Equal(reads, _channel.Reads.Count);
        Assert.Equal(["subscribed 600 True", .. Numbers(101, 600)], Seen(second));
    }

    [Fact]
    public async Task Clients_that_do_not_read_stay_within_the_budget()
    {
        Publish([.. Enumerable.Repeat(20_000, 2_000)]);
        var heartbeat = new Heartbeat(
            new GatewayOptions { PingInterval = TimeSpan.FromHours(1), SendTimeout = TimeSpan.FromMinutes(10) }, _memory,
            new History(_channel.Grains, _memory), NullLogger<Heartbeat>.Instance);
        List<Peer> deaf = [];
        for (var number = 0; number < 12; number++)
        {
            var peer = Connect(since: number * 100, bufferBytes: 4096);
            peer.Pause();
            deaf.Add(peer);
        }

        await Until.TrueAsync(() => deaf.Count(peer => peer.Client.IsSending) >= 3 && _memory.Shortage > 0);
        Assert.InRange(_memory.Used, 2 << 20, MaxMemory);
        var now = Environment.TickCount64;
        heartbeat.Beat(deaf.Select(peer => peer.Client), now);
        Assert.DoesNotContain(deaf, peer => peer.Client.Ended);

        // The oldest are ended one by one, and others are let in: never more than the budget is held.
        using var reader = Connect(since: 1_500);
        await Until.TrueAsync(() =>
        {
            heartbeat.Beat(deaf.Where(peer => !peer.Client.Ended).Select(peer => peer.Client), now += 4_000);
            Assert.InRange(_memory.Used, 0, MaxMemory);
            return Seen(reader) is [.., "2000"];
        });
        Assert.Equal(["subscribed 2000 True", .. Numbers(1_501, 2_000)], Seen(reader));
        Assert.All(deaf.Where(peer => peer.Client.Ended), peer => Assert.Equal(CloseReason.TooSlow, peer.Client.Reason));
        Assert.False(reader.Client.Closing);
        foreach (var peer in deaf) peer.Dispose();
    }

    /// <summary>
    /// Clients connect, pause, resume, move and disconnect in any order: all memory is returned to the last byte, and usage never
    /// exceeds the budget.
    /// </summary>
    [Fact]
    public Task Whatever_clients_do_their_memory_is_given_back() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 7], Gen.Int[0, 100]).Array[10, 60].SampleAsync(
            async steps =>
            {
                await using var test = new Scope();
                test.Tests.Publish([.. Enumerable.Repeat(15_000, 400)]);
                await test.Tests.MoveAboutAsync(steps);
            },
            iter: 12,
            threads: 1);

    private async Task MoveAboutAsync((int What, int Which, int Where)[] steps)
    {
        var peers = new Peer?[8];
        foreach (var (what, which, where) in steps)
        {
            var head = Follower.Log!.Head;
            switch (what)
            {
                case 0 or 1 when peers[which] is null:
                    peers[which] = Connect(since: head * where / 100, bufferBytes: which % 2 == 0 ? 4096 : 0);
                    break;
                case 0:
                    peers[which]!.Pause();
                    break;
                case 1:
                    peers[which]!.Resume();
                    break;
                case 2 when peers[which] is { } peer:
                    _subscriptions!.Start(peer.Client, head * where / 100, "e");
                    _clock.Advance(TimeSpan.FromMilliseconds(where * 10));
                    break;
                case 3:
                    Publish(where * 100);
                    break;
                case 4 when peers[which] is { } peer && where < 50:
                    peer.Dispose();
                    peers[which] = null;
                    break;
                default:
                    await Task.Yield();
                    break;
            }

            Assert.InRange(_memory.Used, 0, MaxMemory);
        }

        foreach (var peer in peers) peer?.Dispose();
        // Without free memory, unread pages are evicted: then nothing is left.
        _memory.Take(MaxMemory);
        var last = Connect(since: 0);
        await Until.TrueAsync(
            () => _memory.Used == MaxMemory && _memory.Shortage > 0, () => $"{_memory.Used - MaxMemory} bytes are left");
        last.Dispose();
        await Until.TrueAsync(() => _memory.Shortage == 0);
    }

    /// <summary>Waits while advancing the clock, which repeated moves of a client wait for.</summary>
    private Task UntilAsync(Peer peer, Func<List<WireFrame>, bool> condition) => Until.TrueAsync(
        () =>
        {
            _clock.Advance(ResumeRequests.MinInterval);
            return condition(peer.Frames());
        },
        () => string.Join(' ', Seen(peer)));

    private Peer Connect(long? since = null, string? epoch = null, int bufferBytes = 0)
    {
        var peer = new Peer(_sender, v1: true, bufferBytes: bufferBytes, memory: _memory);
        var log = Follower.Log!;
        _subscriptions!.Begin(peer.Client, new Handshake("", Handshake.V1, since, epoch), new LogPlace(log, log.Envelopes.Head));
        return peer;
    }

    private void Publish(params int[] sizes) => Follower.Take(_channel.Add(sizes));

    private Task RenewAsync() => Follower.RenewAsync(null!, CancellationToken.None);

    private static IEnumerable<string> Numbers(int first, int last) =>
        Enumerable.Range(first, last - first + 1).Select(n => $"{n}");

    private static List<string> Seen(Peer peer) => Seen(peer.Frames());

    private static List<string> Seen(List<WireFrame> frames) =>
    [
        .. frames.Select(frame => frame.Json).Select(json => json.GetProperty("type").GetString() switch
        {
            "subscribed" => $"subscribed {json.GetProperty("offset")} {json.GetProperty("recovered")}",
            "gap" => $"gap {json.GetProperty("from")}-{json.GetProperty("to")}",
            "message" => $"{json.GetProperty("offset")}",
            var other => other!,
        }),
    ];

    /// <summary>Separate objects for each iteration of a property test.</summary>
    private sealed class Scope : IAsyncDisposable
    {
        public Scope() => Tests.InitializeAsync().AsTask().GetAwaiter().GetResult();

        public SubscriptionsTests Tests { get; } = new();

        public ValueTask DisposeAsync() => Tests.DisposeAsync();
    }
}
