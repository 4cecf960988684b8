using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Threading.Channels;

namespace NotifyHub.Bench.Peers;

/// <summary>
/// The way a broadcast is usually written in ASP.NET Core: a bounded queue and a sending loop for each connection, one
/// <see cref="WebSocket.SendAsync(ReadOnlyMemory{byte}, WebSocketMessageType, bool, CancellationToken)"/> for each message and
/// client. Nothing is stored. A client whose queue is full is closed with 1013 as soon as its last send ends: one that reads nothing
/// at all keeps its place and a full queue.
/// </summary>
/// <param name="queueMessages">Messages that may wait for one client.</param>
public sealed class NaiveHub(int queueMessages)
{
    private const WebSocketCloseStatus TryAgainLater = (WebSocketCloseStatus)1013;

    private readonly ConcurrentDictionary<Channel<ReadOnlyMemory<byte>>, byte> _queues = new();

    /// <summary>Hands the message to every client's queue.</summary>
    public void Broadcast(ReadOnlyMemory<byte> message)
    {
        foreach (var (queue, _) in _queues)
        {
            if (!queue.Writer.TryWrite(message)) queue.Writer.TryComplete(new InvalidOperationException("too slow"));
        }
    }

    /// <summary>Serves one client until either side closes.</summary>
    public async Task ServeAsync(WebSocket socket, CancellationToken cancellation)
    {
        var queue = Channel.CreateBounded<ReadOnlyMemory<byte>>(new BoundedChannelOptions(queueMessages) { SingleReader = true });
        _queues.TryAdd(queue, 0);
        var receiving = ReceiveAsync(socket, queue, cancellation);
        try
        {
            await foreach (var message in queue.Reader.ReadAllAsync(cancellation))
                await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, cancellation);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellation);
        }
        catch (InvalidOperationException) when (socket.State == WebSocketState.Open)
        {
            await socket.CloseOutputAsync(TryAgainLater, "too slow", cancellation);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            // The client is gone.
        }
        finally
        {
            _queues.TryRemove(queue, out _);
            await receiving;
        }
    }

    private static async Task ReceiveAsync(WebSocket socket, Channel<ReadOnlyMemory<byte>> queue, CancellationToken cancellation)
    {
        try
        {
            // A read of no bytes waits for data without a buffer for each idle client.
            var buffer = new byte[256];
            while (true)
            {
                await socket.ReceiveAsync(Memory<byte>.Empty, cancellation);
                if ((await socket.ReceiveAsync(buffer.AsMemory(), cancellation)).MessageType == WebSocketMessageType.Close) break;
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The client is gone.
        }
        queue.Writer.TryComplete();
    }
}
