using System.Security.Cryptography;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public sealed class ChannelFollowerTests : IDisposable
{
    private readonly FakeChannel _channel = new();
    private readonly DeliveryCounts _counts = new();
    private readonly ChannelFollower _follower;
    private int _newEpochs;

    public ChannelFollowerTests()
    {
        _follower = new ChannelFollower(
            _channel.Grains, new GatewayNode(), Options.Create(new GatewayOptions()),
            new DeliveryTimes(Meters.Metrics(), TimeProvider.System), _counts, Meters.Metrics(),
            NullLogger<ChannelFollower>.Instance);
        _follower.EpochChanged += () => _newEpochs++;
    }

    public void Dispose() => _follower.Dispose();

    [Fact]
    public async Task The_log_begins_where_the_channel_stands_at_the_first_renewal()
    {
        _channel.Add(1, 1, 1);
        _follower.Take(new MessageBatch("e", 1, 4, [WireFrames.Message(4, 1)]));
        Assert.Null(_follower.Log);

        await RenewAsync();

        Assert.Equal((3, "e"), (_follower.Log!.Head, _follower.Log.Epoch));
        Assert.Equal(0, _newEpochs);
    }

    [Fact]
    public async Task A_batch_beyond_the_head_makes_the_gateway_read_what_was_lost_on_the_way()
    {
        await RenewAsync();
        _channel.Add(1, 1);
        var third = _channel.Add(1);

        _follower.Take(third);

        await Until.TrueAsync(() => _follower.Log!.Head == 3);
        Assert.True(_follower.Log!.Envelopes.TryFind(0, out _, out _));
    }

    [Fact]
    public async Task A_lost_last_message_is_found_by_the_next_renewal()
    {
        await RenewAsync();
        _channel.Add(1);
        Assert.Equal(0, _follower.Log!.Head);

        await RenewAsync();

        Assert.Equal(1, _follower.Log.Head);
    }

    [Fact]
    public async Task A_hole_wider_than_a_page_is_read_in_pages()
    {
        await RenewAsync();
        _channel.Add(new int[2_500]);

        await RenewAsync();

        Assert.Equal(2_500, _follower.Log!.Head);
        Assert.Equal([0L, 1_000, 2_000], _channel.Reads.Select(read => read.After));
    }

    [Fact]
    public Task The_log_equals_the_channel_for_any_batch_order() =>
        Gen.Select(Gen.Int[1, 5].Array[1, 20], Gen.Int[0, 19].Array[0, 30]).SampleAsync(async (sizes, order) =>
        {
            var channel = new FakeChannel();
            using var follower = new ChannelFollower(
                channel.Grains, new GatewayNode(), Options.Create(new GatewayOptions()),
                new DeliveryTimes(Meters.Metrics(), TimeProvider.System), _counts, Meters.Metrics(),
                NullLogger<ChannelFollower>.Instance);
            await follower.RenewAsync(null!, CancellationToken.None);
            MessageBatch[] batches = [.. sizes.Select(size => channel.Add(new int[size]))];

            foreach (var which in order.Where(which => which < batches.Length)) follower.Take(batches[which]);
            await follower.RenewAsync(null!, CancellationToken.None);

            Assert.Equal(channel.Head, follower.Log!.Head);
            Assert.True(follower.Log.Envelopes.TryFind(0, out var cursor, out var head));
            var frames = WireFrames.Read(cursor.Segment.Buffer.AsSpan(0, head.Written), out _);
            Assert.Equal(
                Enumerable.Range(1, (int)head.Offset), frames.Select(frame => frame.Json.GetProperty("offset").GetInt32()));
        });

    [Fact]
    public async Task Another_epoch_begins_another_log_and_raises_the_event()
    {
        await RenewAsync();
        _channel.Add(1, 1);
        await RenewAsync();
        var before = _follower.Log;

        _channel.BeginAnew("f");
        _follower.Take(_channel.Add(1));
        Assert.Same(before, _follower.Log);
        await RenewAsync();

        Assert.Equal(("f", 1), (_follower.Log!.Epoch, _follower.Log.Head));
        Assert.Equal(1, _newEpochs);
        // A batch of the old log that arrives late is ignored.
        _follower.Take(new MessageBatch("e", 1, 3, [WireFrames.Message(3, 1)]));
        Assert.Equal(1, _follower.Log.Head);
    }

    [Fact]
    public async Task After_a_lost_end_clients_without_offsets_get_everything_published_since()
    {
        await RenewAsync();
        _channel.Add(1, 1, 1, 1, 1);
        await RenewAsync();
        Assert.True(_follower.Log!.Plain.Head is { Offset: 5 });
        _channel.Lose(after: 3, "f");
        _channel.Add(1, 1);

        await RenewAsync();

        Assert.Equal(("f", 5, 1), (_follower.Log.Epoch, _follower.Log.Head, _newEpochs));
        // Read from the start of the new epoch; earlier messages don't count as part of it.
        Assert.Equal(3, _channel.Reads[^1].After);
        Assert.True(_follower.Log.Envelopes.TryFind(3, out _, out _));
        Assert.False(_follower.Log.Envelopes.TryFind(2, out _, out _));
    }

    [Fact]
    public async Task A_renewal_proves_what_the_gateway_has()
    {
        Assert.Null(_follower.Position);
        await RenewAsync();
        Assert.Null(_channel.Known);
        var last = _channel.Add(1, 2).Messages[^1];
        await RenewAsync();
        Assert.Equal(new LogPosition("e", 0), _channel.Known);

        await RenewAsync();

        Assert.Equal(("e", 2), (_channel.Known!.Epoch, _channel.Known.Head));
        Assert.Equal(SHA256.HashData(last.Payload), _channel.Known.HeadHash);
        Assert.Equal(new LogPosition("e", 2), _follower.Position);
    }

    [Fact]
    public async Task Messages_swept_before_the_read_begin_another_log()
    {
        await RenewAsync();
        _channel.Add(1, 1, 1, 1, 1);
        _channel.Sweep(4);

        await RenewAsync();

        Assert.Equal(5, _follower.Log!.Head);
        Assert.Equal(1, _newEpochs);
        Assert.True(_follower.Log.Envelopes.TryFind(3, out _, out _));
        Assert.False(_follower.Log.Envelopes.TryFind(2, out _, out _));
    }

    [Fact]
    public async Task While_the_silos_are_away_a_hole_waits_for_them()
    {
        await RenewAsync();
        _channel.Add(1);
        _channel.Fault = new StorageUnavailableException();

        await Assert.ThrowsAsync<StorageUnavailableException>(RenewAsync);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => _follower.CatchUpAsync(CancellationToken.None));
        Assert.Equal(0, _follower.Log!.Head);

        _channel.Fault = null;
        await RenewAsync();
        Assert.Equal(1, _follower.Log.Head);
    }

    [Fact]
    public async Task What_is_counted_as_sent_belongs_to_the_log_that_is_followed()
    {
        var sender = _counts.Join();
        sender.Begin("e");
        await RenewAsync();
        Send(1);
        _channel.BeginAnew("f");
        await RenewAsync();

        // A sender that has not seen it yet.
        Send(2);
        sender.Begin("f");
        Send(3);

        var (epoch, ranges) = _counts.Take(10);
        Assert.Equal("f", epoch);
        Assert.Equal([new DeliveredRange(1, 3, 1)], ranges);

        void Send(long offset)
        {
            sender.Add(0, offset);
            sender.Flush();
        }
    }

    private Task RenewAsync() => _follower.RenewAsync(null!, CancellationToken.None);
}
