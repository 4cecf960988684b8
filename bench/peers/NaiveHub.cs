using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Threading.Channels;

namespace NotifyHub.Bench.Peers;

/// <summary>
/// The usual way to write a broadcast in ASP.NET Core: a bounded queue and a sending loop per connection, and one <see
/// cref="WebSocket.SendAsync(ReadOnlyMemory{byte}, WebSocketMessageType, bool, CancellationToken)"/> per message and client.
/// Nothing is stored. A client whose queue is full is closed with 1013 after its current send; one that does not read at all
/// stays connected with a full queue.
/// </summary>
/// <param name="queueMessages">Messages that may wait for one client.</param>
public sealed class NaiveHub(int queueMessages)
{
    private const WebSocketCloseStatus TryAgainLater = (WebSocketCloseStatus)1013;

    private readonly ConcurrentDictionary<Channel<ReadOnlyMemory<byte>>, byte> _queues = new();

    /// <summary>Adds the message to the queue of every client.</summary>
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
            // A read of zero bytes waits for data without a buffer per idle client.
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
