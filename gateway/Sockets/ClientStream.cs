using System.Net.Sockets;
using System.Runtime.CompilerServices;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// What the framework's <see cref="System.Net.WebSockets.WebSocket"/> reads from and answers to. Reads come straight from the
/// connection, until something is wrong with them that the framework does not see (<see cref="FrameWatch"/>,
/// <see cref="FrameRate"/>). Writes, which are whole control frames (pongs, a close after a protocol error), only join the
/// client's outbox: the sender is the one writer.
/// </summary>
/// <remarks>Reading pauses while the client's answers wait for it, or when it has sent more than it may; TCP then makes the peer
/// wait.</remarks>
internal sealed class ClientStream(Client client, ClientConnection connection, FrameRate rate) : Stream
{
    /// <summary>After this many reads without a wait, the thread is yielded to others.</summary>
    private const int ReadsPerTurn = 16;

    private FrameWatch _frames;
    private FrameRate.Budget _budget = FrameRate.Begin(Environment.TickCount64);
    private int _reads;
    private CloseReason? _fault;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Not before the framework wants more than it has: what came before the fault is answered first.
        if (_fault is not null) return ValueTask.FromResult(Refuse(_fault));
        // An idle client waits in a read of nothing, which must keep nothing of ours in memory.
        if (buffer.IsEmpty) return ReceiveAsync(buffer);
        var isPaused = client.IsOutboxFull || _budget.Wait(Environment.TickCount64) > 0 || ++_reads % ReadsPerTurn == 0;
        return isPaused ? ReadLaterAsync(buffer) : ReadFramesAsync(buffer);
    }

    /// <summary>Reads what the framework is not to see any more.</summary>
    public ValueTask<int> ReadAwayAsync(Memory<byte> buffer) => ReceiveAsync(buffer);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var frame = buffer.ToArray();
        if (frame is [ServerFrame.FinalClose, >= 2, var high, var low, ..])
            client.Close(CloseReason.Broken(high << 8 | low), frame);
        else client.Queue(frame);
        return ValueTask.CompletedTask;
    }

    private ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        client.LastHeard = Environment.TickCount64;
        // No cancellation is passed on: a read ends when its connection is disposed, and a registration for each would cost
        // memory.
        return connection.Socket is { } socket
            ? socket.ReceiveAsync(buffer, SocketFlags.None, CancellationToken.None)
            : connection.Stream!.ReadAsync(buffer, CancellationToken.None);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadLaterAsync(Memory<byte> buffer)
    {
        await Task.Yield();
        client.IsReadingPaused = true;
        await client.RoomAsync();
        if (_budget.Wait(Environment.TickCount64) is > 0 and var wait) await Task.Delay(wait);
        client.IsReadingPaused = false;
        return await ReadFramesAsync(buffer);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadFramesAsync(Memory<byte> buffer)
    {
        var count = await ReceiveAsync(buffer);
        // A fault and what follows it are not shown: the framework might not see what is wrong, and answer it.
        _fault = _frames.Take(buffer.Span[..count], out var begun, out count);
        if (!rate.Take(ref _budget, begun, Environment.TickCount64)) _fault ??= CloseReason.TooFast;
        return count == 0 && _fault is not null ? Refuse(_fault) : count;
    }

    /// <summary>Closes the client, and ends the stream for the framework.</summary>
    private int Refuse(CloseReason fault)
    {
        if (fault == CloseReason.TooFast && !client.Closing) client.Answer(ServerMessage.Error(ClientError.TooFast));
        client.Close(fault);
        return 0;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Reading is asynchronous.");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Writing is asynchronous.");

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
