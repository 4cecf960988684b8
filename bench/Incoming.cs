namespace NotifyHub.Bench;

/// <summary>Handles the input of clients: splits it into frames, answers pings, checks messages.</summary>
internal sealed class Incoming(Deliveries deliveries, BenchOptions options)
{
    private readonly bool _v1 = options.Protocol == BenchProtocol.V1;
    private readonly bool _signalR = options.Protocol == BenchProtocol.SignalR;
    private readonly bool _wrapped = options.Publisher == PublisherKind.Notifications;

    private const int ProtocolError = 1002;

    /// <summary>Handles all complete frames; the client keeps the start of the next one.</summary>
    /// <returns>The close code if the server ends the connection or breaks the protocol.</returns>
    public int? Take(ref Client client, Span<byte> received)
    {
        var now = Clock.Now;
        if (_signalR) return TakeRecords(ref client, received, now);
        ReadOnlySpan<byte> bytes = received;
        while (true)
        {
            var status = ServerFrame.TryRead(bytes, out var frame);
            if (status == FrameStatus.Invalid) return ProtocolError;
            if (status == FrameStatus.NeedMore)
            {
                client.KeepRest(bytes);
                return null;
            }
            bytes = bytes[frame.Length..];
            if (frame.Opcode == Opcode.Close) return frame.CloseCode;
            // A slow client only looks for its close code.
            if (client.Slow) continue;
            if (frame.Opcode == Opcode.Ping) Pong(client.Socket, frame.Payload);
            else if (frame.Opcode == Opcode.Text && _v1) TakeEnvelope(ref client, frame.Payload, now);
            else if (frame.Opcode == Opcode.Text) TakeMessage(ref client, frame.Payload, now);
        }
    }

    /// <summary>
    /// SignalR ends records with a separator and ignores frame boundaries: a frame may hold several records, and under load the
    /// server splits them over fragments. So the payloads of the frames are joined in place, and the records are cut out of the
    /// result.
    /// </summary>
    private int? TakeRecords(ref Client client, Span<byte> bytes, long now)
    {
        int unframed = client.Unframed, next = unframed;
        ServerFrame frame;
        for (FrameStatus status;
             (status = ServerFrame.TryRead(bytes[next..], out frame, fragments: true)) != FrameStatus.NeedMore;
             next += frame.Length)
        {
            if (status == FrameStatus.Invalid) return ProtocolError;
            if (frame.Opcode == Opcode.Close) return frame.CloseCode;
            if (frame.Opcode == Opcode.Ping) Pong(client.Socket, frame.Payload);
            if (frame.Opcode is not (Opcode.Text or Opcode.Continuation)) continue;
            frame.Payload.CopyTo(bytes[unframed..]);
            unframed += frame.Payload.Length;
        }

        var start = 0;
        while (SignalR.TryRead(bytes[start..unframed], out var length, out var message))
        {
            if (!message.IsEmpty && !client.Slow) TakeMessage(ref client, message, now);
            start += length;
        }
        bytes[next..].CopyTo(bytes[unframed..]);
        client.Unframed = unframed - start;
        client.KeepRest(bytes[start..(unframed + bytes.Length - next)]);
        return null;
    }

    private void TakeMessage(ref Client client, ReadOnlySpan<byte> message, long now) =>
        deliveries.Take(ref client, _wrapped ? BenchMessage.Within(message) : message, now);

    private void TakeEnvelope(ref Client client, ReadOnlySpan<byte> payload, long now)
    {
        if (Envelope.TryRead(payload, out var offset, out var data))
        {
            if (client.Offset >= 0 && offset != client.Offset + 1) deliveries.OffsetErrors++;
            client.Offset = offset;
            TakeMessage(ref client, data, now);
        }
        else if (Envelope.TryReadSubscribed(payload, out var head, out var recovered))
        {
            // After a resumption the messages continue at the position of the client; taking the head would hide a gap.
            if (!client.Resumed) client.Offset = head;
            else if (!recovered) deliveries.NotRecovered++;
        }
    }

    private static void Pong(int socket, ReadOnlySpan<byte> payload)
    {
        Span<byte> pong = stackalloc byte[ServerFrame.MaxControl];
        RawSocket.Send(socket, pong[..ServerFrame.WriteControl(pong, Opcode.Pong, payload)]);
    }
}
