using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.Gateway.Sockets;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public sealed class RefusedClientTests : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly ClientError Later = new("GATEWAY_FULL", "Full.", Again: true, AfterMs: 7000);

    private readonly FakeTimeProvider _time = new();
    private readonly SocketPair _pair = SocketPair.Connect();
    private int _aborts;

    public void Dispose() => _pair.Dispose();

    [Fact]
    public async Task It_is_told_why_and_closed()
    {
        var ending = EndAsync(Later);
        var frames = await FramesAsync();
        Assert.Equal(
            """{"type":"error","code":"GATEWAY_FULL","message":"Full.","again":true,"after_ms":7000}""", frames[0].Text);
        Assert.Equal((WireFrame.Close, 4503), (frames[1].Opcode, frames[1].CloseCode));

        await _pair.Peer.SendAsync(WireFrames.Masked(WireFrame.Close, [0x11, 0x97]));

        await ending.WaitAsync(Until.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(0, _aborts);
    }

    [Fact]
    public async Task What_would_fail_again_is_closed_for_good()
    {
        var ending = EndAsync(ClientError.Since);
        var frames = await FramesAsync();

        Assert.Equal((false, 4501), (frames[0].Json.GetProperty("again").GetBoolean(), frames[1].CloseCode));
        _pair.Peer.Dispose();
        await ending.WaitAsync(Until.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Who_does_not_answer_the_close_is_ended()
    {
        var ending = EndAsync(Later);
        await FramesAsync();
        _time.Advance(Grace - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, _aborts);

        _time.Advance(TimeSpan.FromMilliseconds(1));

        await ending.WaitAsync(Until.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(1, _aborts);
    }

    /// <summary>A page may send before it reads; who goes on for long is ended.</summary>
    [Fact]
    public async Task What_it_sends_is_thrown_away_up_to_a_bound()
    {
        var ending = EndAsync(Later);
        var text = WireFrames.MaskedText(new string('x', 1000));
        await _pair.Peer.SendAsync(text);
        await FramesAsync();
        Assert.False(ending.IsCompleted);

        var sent = await Record.ExceptionAsync(async () =>
        {
            while (!ending.IsCompleted) await _pair.Peer.SendAsync(text);
        });

        Assert.True(sent is null or SocketException, $"{sent}");
        await ending.WaitAsync(Until.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(1, _aborts);
    }

    [Fact]
    public async Task One_that_breaks_the_protocol_or_has_left_ends_without_noise()
    {
        var ending = EndAsync(Later);
        await _pair.Peer.SendAsync(Enumerable.Repeat((byte)0xff, 64).ToArray());
        await ending.WaitAsync(Until.Limit, TestContext.Current.CancellationToken);

        using var other = SocketPair.Connect();
        other.Peer.Close(0);
        other.Server.Blocking = true;
        await RefusedClient.EndAsync(new NetworkStream(other.Server), Later, Grace, _time, () => { });
    }

    private Task EndAsync(ClientError error)
    {
        _pair.Server.Blocking = true;
        var stream = new NetworkStream(_pair.Server, ownsSocket: true);
        return RefusedClient.EndAsync(stream, error, Grace, _time, () =>
        {
            Interlocked.Increment(ref _aborts);
            stream.Dispose();
        });
    }

    /// <summary>The first two frames.</summary>
    private async Task<List<WireFrame>> FramesAsync()
    {
        var bytes = new byte[4096];
        for (var length = 0; ;)
        {
            length += await _pair.Peer.ReceiveAsync(bytes.AsMemory(length))
                .AsTask().WaitAsync(Until.Limit, TestContext.Current.CancellationToken);
            if (WireFrames.Read(bytes.AsSpan(0, length), out _) is { Count: 2 } frames) return frames;
        }
    }
}
