using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Net.WebSockets;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Reads one client until its end: the framework's WebSocket does RFC 6455 (framing, UTF-8, pong, close), this does the messages.
/// An idle client holds no receive buffer; a long message takes of the clients' memory.
/// </summary>
public sealed partial class ClientReader(
    Subscriptions subscriptions, ChannelRequests channels, ClientMemory memory, int maxMessageBytes, ILogger<ClientReader> logger)
{
    /// <summary>What most messages fit into.</summary>
    private const int FirstBytes = 4096;

    /// <summary>Reads until the connection is over, then calls <paramref name="ended"/>. Does not throw.</summary>
    /// <remarks>An idle client waits in this method and no other of ours: each further one would keep its state in memory, a
    /// client.</remarks>
    internal async Task ReadAsync(Client client, ClientStream stream, Action<Client> ended)
    {
        // Created by a handshake, but outliving it by days: what it does later is no part of the request's trace.
        Activity.Current = null;
        using var socket = WebSocket.CreateFromStream(stream,
            new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = TimeSpan.Zero });
        try
        {
            // A read of nothing returns when there is something: until then no buffer is held.
            while (await TakeNextAsync(client, socket, await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None)))
            {
            }
        }
        catch (WebSocketException e) when (client.Closing)
        {
            // RFC 6455 was found broken and the peer told so (1002, 1007), or it is too fast (1008), or it left without an answer
            // to our close.
            LogEnded(e, client.Opened.ConnectionId);
            await client.Flushed;
            await ReadAwayAsync(client, stream);
        }
        catch (Exception e) when (e is WebSocketException or IOException or SocketException or ObjectDisposedException
            or OperationCanceledException or InvalidOperationException)
        {
            // Peer reset, or disposed by an abort of ours: expected ends, none worth more than a debug line.
            client.Abort(CloseReason.Lost);
            LogEnded(e, client.Opened.ConnectionId);
        }
        catch (Exception e)
        {
            client.Abort(CloseReason.Lost);
            LogFailure(e, client.Opened.ConnectionId);
        }

        // A close frame goes out before the connection does. A peer that does not take it is ended by the heartbeat.
        await client.Flushed;
        var reason = client.End();
        if (reason.Abnormal) client.CountError(reason.Text);
        ended(client);
    }

    /// <summary>Takes the message that has begun to arrive. False: it was the peer's close.</summary>
    private async ValueTask<bool> TakeNextAsync(Client client, WebSocket socket, ValueWebSocketReceiveResult begun)
    {
        if (begun.MessageType == WebSocketMessageType.Close)
        {
            AnswerClose(client, socket);
            return false;
        }

        if (begun.MessageType == WebSocketMessageType.Binary) client.Close(CloseReason.Binary);
        if (begun.EndOfMessage)
        {
            if (!client.Closing) Take(client, []);
            return true;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
        try
        {
            var length = 0;
            ValueWebSocketReceiveResult result;
            do
            {
                if (length == buffer.Length) buffer = await GrowAsync(client, buffer);
                result = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    AnswerClose(client, socket);
                    return false;
                }

                length += result.Count;
                if (length > maxMessageBytes) client.Close(CloseReason.TooBig);
                // After our close frame only the peer's close frame matters; its messages are discarded.
                if (client.Closing) length = 0;
            }
            while (!result.EndOfMessage);

            if (!client.Closing) Take(client, buffer.AsSpan(0, length));
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            memory.Return(client.ReceivingBytes);
            client.SetReceiving(0);
        }
    }

    /// <summary>
    /// A connection closed with bytes unread is reset, and the reset may overtake the close frame: a peer that broke the protocol
    /// would never learn how. The heartbeat bounds it.
    /// </summary>
    private static async Task ReadAwayAsync(Client client, ClientStream stream)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            client.EndSending();
            while (await stream.ReadAwayAsync(buffer) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException
            or InvalidOperationException)
        {
            // The peer is gone, or its time is up.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<byte[]> GrowAsync(Client client, byte[] buffer)
    {
        var bytes = Math.Min(buffer.Length * 2, maxMessageBytes + 1);
        client.IsReadingPaused = true;
        if (!await memory.TakeAsync(bytes - client.ReceivingBytes, () => client.Ended)) throw new OperationCanceledException();
        client.IsReadingPaused = false;
        client.SetReceiving(bytes);
        var larger = ArrayPool<byte>.Shared.Rent(bytes);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private void Take(Client client, ReadOnlySpan<byte> text)
    {
        client.Received++;
        switch (ClientMessage.Parse(text, out var message))
        {
            case ClientMessageKind.Ping:
                client.LastPingAt = subscriptions.Now;
                client.Answer(ServerMessage.Pong(message.Time));
                break;
            case ClientMessageKind.Subscribe or ClientMessageKind.Channels when !client.IsEnveloped:
                Refuse(client, ClientError.V1Only);
                break;
            case ClientMessageKind.Subscribe when client.UsesChannels:
                channels.Take(client, ChannelRequestKind.Subscribe, text);
                break;
            case ClientMessageKind.Subscribe:
                subscriptions.Start(client, message.Since, message.Epoch);
                break;
            case ClientMessageKind.Channels:
                channels.Take(client, message.Request, text);
                break;
            default:
                Refuse(client, message.Fault!);
                break;
        }
    }

    private static void Refuse(Client client, ClientError error)
    {
        client.CountError(error.Message);
        client.Answer(ServerMessage.Error(error));
    }

    /// <summary>Answers the peer's close with its own code, or takes it as the answer to ours. A close without a code counts as
    /// 1000.</summary>
    private static void AnswerClose(Client client, WebSocket socket) =>
        client.Close(CloseReason.ByClient, ServerFrame.CloseFrame((int)socket.CloseStatus!, ""));

    [LoggerMessage(4101, LogLevel.Debug, "Connection {ConnectionId} ended")]
    private partial void LogEnded(Exception exception, string connectionId);

    [LoggerMessage(4102, LogLevel.Error, "Reading connection {ConnectionId} failed")]
    private partial void LogFailure(Exception exception, string connectionId);
}
