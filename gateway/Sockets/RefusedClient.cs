using System.Buffers;
using System.Net.Sockets;
using System.Net.WebSockets;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// The end of a connection that got the upgrade only to be told why it is refused: a page can read a frame, but not an HTTP
/// status (docs/adr/0016). It never was a client: no slot, cursor, outbox, session or sender.
/// </summary>
internal static class RefusedClient
{
    /// <summary>What the peer sent before it could know is read and thrown away: a connection closed with bytes unread is reset,
    /// and the reset may overtake the frames. A peer that sends more than this is reset.</summary>
    private const int MaxBytes = 64 << 10;

    private const int BufferBytes = 512;

    /// <summary>Sends the error and the close, and waits until the peer has answered. Does not throw.</summary>
    /// <param name="stream">Behind the upgrade.</param>
    /// <param name="error">What the client is told.</param>
    /// <param name="closeGrace">The time that the peer has for its answer.</param>
    /// <param name="time">Measures it.</param>
    /// <param name="abort">Ends the connection at once, and every read of the stream with it.</param>
    public static async Task EndAsync(Stream stream, ClientError error, TimeSpan closeGrace, TimeProvider time, Action abort)
    {
        var reason = error.Again ? CloseReason.RefusedForNow : CloseReason.Refused;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using var timeout = new CancellationTokenSource(closeGrace, time);
            await using var end = timeout.Token.UnsafeRegister(static abort => ((Action)abort!)(), abort);
            using var socket = WebSocket.CreateFromStream(
                stream, new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = TimeSpan.Zero });
            // In one piece: a peer that closes at the first frame would otherwise reset the second.
            byte[] frames =
                [.. ServerMessage.Error(error, withAgain: true), .. ServerFrame.CloseFrame(reason.Code, reason.Text)];
            await stream.WriteAsync(frames, CancellationToken.None);
            for (var left = MaxBytes; left > 0;)
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close) return;
                left -= Math.Max(read.Count, 1);
            }

            abort();
        }
        catch (Exception e) when (e is WebSocketException or IOException or SocketException or ObjectDisposedException
            or OperationCanceledException or InvalidOperationException)
        {
            // The peer is gone, broke the protocol, or its time is up.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
